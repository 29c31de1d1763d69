// Samples: what was submitted, by whom, and who may see it. The bytes lie in files, which are the caller's. Used like
// the Database it was given: by one thread at a time; blocking.
//
// Who submits in one step with something else (a rate limit, an audit record) begins a Transaction, does both and
// commits; what is called here joins it.
//
// How lists stay fast with a million samples, and what `total` means: docs/decisions/0023.
#pragma once

#include "records/database.hpp"
#include "records/sample.hpp"
#include "records/sample_filter.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// When the same content was submitted, as far as the viewer sees it.
struct Sightings {
    Time first;
    Time last;
};

/// Errors of all: those of Database; not_found/no_sample for an id that is not there or that the viewer may not see,
/// which look alike.
class Samples {
public:
    explicit Samples(Database& database) : database_(&database) {}

    /// Stores a submission, in state wait; the content only where it is not known yet. Its file must be in place and
    /// durable before. Errors: input/filename_invalid, url_invalid, option_invalid (too long; the message names it),
    /// those of `checked_tag`, input/tags_too_many (more than SampleTags::most_of_sample), input/content_missing
    /// (neither content nor URL), input/content_invalid (digests that are not lower-case hex of their length).
    [[nodiscard]] base::Result<Sample> submit(const NewSample& fresh, Time now);

    [[nodiscard]] base::Result<Sample> find(const Viewer& viewer, std::string_view id);
    /// Those of these that are there and may be seen, in the order asked; at most 1000 ids are looked at.
    [[nodiscard]] base::Result<std::vector<Sample>> find_all(const Viewer& viewer, std::span<const std::string> ids);

    /// A page of what the viewer may see. By submitted_at it is exact whatever the filter; by file name where at most
    /// `own_only` narrows it, by score with `state` and `min_score` too. Another filter sorted by these sorts the
    /// newest 10,000 that it finds. Errors: input/cursor_invalid, input/search_invalid (words, path or tag too long),
    /// input/text_invalid.
    [[nodiscard]] base::Result<SamplePage> page(const Viewer& viewer, const SampleFilter& filter,
                                                const SamplePaging& paging);

    /// In the order the engine gave them; none before the sample came to succ.
    [[nodiscard]] base::Result<std::vector<Behaviour>> behaviours(const Viewer& viewer, std::string_view id);
    /// The engine's report as it came; empty where there is none.
    [[nodiscard]] base::Result<std::string> report(const Viewer& viewer, std::string_view id);
    /// Of this sample's content among what the viewer sees; for a URL that of this sample alone.
    [[nodiscard]] base::Result<Sightings> sightings(const Viewer& viewer, std::string_view id);

private:
    Database* database_;
};

}  // namespace gatehouse::records
