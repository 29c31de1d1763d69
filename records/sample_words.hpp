// The words that samples are found by: what is written to the full-text index, and what is asked of it. Only the rooms
// that work on samples use it. Used like the Database: by one thread at a time; blocking.
//
// Beside the texts that people search, each sample has marks: one word for each thing that a list can be narrowed by,
// so that any combination is an intersection of sorted lists of numbers (docs/decisions/0023):
//   any · u<user> · o<organization>, of a private one r<organization> · c<content> · the state · d0 to d10, the tens
//   of the score · t<tag>
#pragma once

#include "records/database.hpp"
#include "records/sample.hpp"
#include "records/sample_filter.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace gatehouse::records {

/// Writes a sample's entry anew: after each change of what it is found by. The sample's row and tags must be in place.
[[nodiscard]] base::Result<void> index_sample(Database& database, const Sample& sample);
/// Takes the entry of a sample that goes.
[[nodiscard]] base::Result<void> unindex_sample(Database& database, std::int64_t number);

/// What the index is asked for what a viewer may see and the filter wants, but for `id`, the two moments, and what of
/// `min_score` lies within one ten; nullopt where it is plain that nothing fits. Errors: input/search_invalid,
/// input/text_invalid, and those of Database.
[[nodiscard]] base::Result<std::optional<std::string>> match_of(Database& database, const Viewer& viewer,
                                                                const SampleFilter& filter);

/// The same for the samples of one content.
[[nodiscard]] std::string match_of_content(const Viewer& viewer, std::int64_t content_id);

}  // namespace gatehouse::records
