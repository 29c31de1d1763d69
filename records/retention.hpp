// What is kept of samples, and what is forgotten: by age and by size, the oldest first. This room knows records; files
// are the caller's, and so is the audit. Used like the Database it was given: by one thread at a time; blocking.
//
// The order that loses nothing and leaves nothing: mark the contents of what will be forgotten; `forget`, committed;
// then, for each content that is marked, unlink its file unless `is_known` says that a row refers to it, and take off
// the mark. A crash in between leaves marks, which are settled in the same way at the next start.
#pragma once

#include "records/database.hpp"
#include "records/sample.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// All that is kept.
struct KeptTotals {
    std::int64_t samples = 0;
    std::int64_t contents = 0;
    std::int64_t bytes = 0;  ///< of the contents, each counted once
};

/// A sample that may go, with what an audit record should say.
struct Forgettable {
    std::int64_t number = 0;
    std::string id;
    std::string login;
    std::string filename;
    std::string sha256;  ///< empty: a URL
    Time submitted_at;
};

struct Forgotten {
    std::vector<Forgettable> samples;   ///< that were there to be forgotten
    std::vector<std::string> contents;  ///< sha256 of those that no sample refers to any more
    std::int64_t bytes = 0;             ///< of these contents
};

/// Errors of all: those of Database. No more than most_of_batch at a time, so that no transaction keeps others waiting.
class Retention {
public:
    static constexpr std::size_t most_of_batch = 200;

    explicit Retention(Database& database) : database_(&database) {}

    [[nodiscard]] base::Result<KeptTotals> totals();

    /// The oldest that were submitted before `time`. Never those that an engine has at the moment.
    [[nodiscard]] base::Result<std::vector<Forgettable>> older_than(Time time, std::size_t limit = most_of_batch);
    /// The oldest that have to go until no more than `bytes` are kept; empty when that holds. The batch may not be
    /// enough: ask again after `forget`. Never those that an engine has at the moment.
    [[nodiscard]] base::Result<std::vector<Forgettable>> until(std::int64_t bytes, std::size_t limit = most_of_batch);

    /// Forgets these samples and all that hangs on them, in one transaction; numbers that are gone, and samples that an
    /// engine has, are passed over. At most most_of_batch numbers are looked at.
    [[nodiscard]] base::Result<Forgotten> forget(std::span<const std::int64_t> numbers);

    /// The sha256 of all contents in their order, beginning behind `after` ("" for the first page): what to compare a
    /// folder with. An empty page is the end.
    [[nodiscard]] base::Result<std::vector<std::string>> known_contents(std::string_view after,
                                                                        std::size_t limit = 1000);
    [[nodiscard]] base::Result<bool> is_known(std::string_view sha256);

private:
    Database* database_;
};

}  // namespace gatehouse::records
