// Tags of samples. What was typed is what is shown; "Mail" and "mail" are the same tag (ASCII case aside). Who may see
// a sample may tag it. Used like the Database it was given: by one thread at a time; blocking.
#pragma once

#include "records/database.hpp"
#include "records/viewer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// A tag as it is kept: blanks around it are gone. Errors: input/tag_invalid: empty, over 128 bytes, a comma (lists of
/// tags are written with it), a control character, or no UTF-8.
[[nodiscard]] base::Result<std::string> checked_tag(std::string_view tag);

/// Gives a sample a tag that was checked; one that it has already stays as it is. For the rooms that work on samples:
/// what it is found by is theirs to write (records/sample_words).
[[nodiscard]] base::Result<void> attach_tag(Database& database, std::int64_t number, std::string_view tag);

/// Errors of all: those of Database; not_found/no_sample as in Samples.
class SampleTags {
public:
    static constexpr std::size_t most_of_sample = 100;

    explicit SampleTags(Database& database) : database_(&database) {}

    /// In the order they were added.
    [[nodiscard]] base::Result<std::vector<std::string>> list(const Viewer& viewer, std::string_view id);
    /// All tags then; one that is there already changes nothing. Errors: those of checked_tag,
    /// conflict/tags_too_many.
    [[nodiscard]] base::Result<std::vector<std::string>> add(const Viewer& viewer, std::string_view id,
                                                             std::string_view tag);
    /// All tags then. Errors: not_found/no_tag.
    [[nodiscard]] base::Result<std::vector<std::string>> remove(const Viewer& viewer, std::string_view id,
                                                                std::string_view tag);

private:
    Database* database_;
};

}  // namespace gatehouse::records
