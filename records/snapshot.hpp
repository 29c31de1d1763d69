// The database as a backup takes it: copied as of one moment while a daemon works with it, and looked at before it is
// restored. For gatehousectl, which is another process than the daemon: see records/database. Stateless; blocking: its
// main thread.
#pragma once

#include "base/result.hpp"
#include "records/database.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gatehouse::records {

/// Asked again and again by what may take long: whether it is to be given up. What was given up is
/// unavailable/database_given_up. May be empty; must not throw.
using GivenUp = std::function<bool()>;

/// Whether there is one. Errors: not_found/database_missing.
[[nodiscard]] base::Result<void> find_database(const std::filesystem::path& file);

/// Copies the database at `from` to `to`, a file that is not there yet, page by page as of one moment; who writes
/// meanwhile is not kept waiting. `to` is not durable. Errors: not_found/database_missing,
/// unavailable/database_given_up, and Database's.
[[nodiscard]] base::Result<void> copy_database(const std::filesystem::path& from, const std::filesystem::path& to,
                                               const GivenUp& is_given_up = {});

/// Opens one that anybody may have written: no value of it is larger than ours are. As Database::open.
[[nodiscard]] base::Result<Database> open_untrusted(const std::filesystem::path& file);

/// The number of the last step of records/migrations that was applied to it, after its schema was found to be ours, and
/// every page was read and judged. Errors: io/database_damaged, unavailable/database_newer, input/database_foreign,
/// unavailable/database_given_up (after an hour, too), and Database's.
[[nodiscard]] base::Result<std::int64_t> examine_database(const std::filesystem::path& file,
                                                          const GivenUp& is_given_up = {});

/// The content of a sample as the database knows it.
struct KnownContent {
    std::string sha256;
    std::int64_t bytes = 0;
    friend bool operator==(const KnownContent&, const KnownContent&) = default;
};

/// The contents of samples that the database knows, ascending, those after `last` (""), `most` at once; the database
/// was examined. Errors: unavailable/database_given_up (after a minute, too), and Database's.
[[nodiscard]] base::Result<std::vector<KnownContent>> known_contents(Database& database, const std::string& last,
                                                                     std::int64_t most,
                                                                     const GivenUp& is_given_up = {});

}  // namespace gatehouse::records
