// The database as a backup takes it: copied as of one moment while a daemon works with it, and looked at before it is
// restored. For gatehousectl, which is another process than the daemon: see records/database. Stateless; blocking.
#pragma once

#include "base/result.hpp"
#include "records/database.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::records {

/// Whether there is one. Errors: not_found/database_missing.
[[nodiscard]] base::Result<void> find_database(const std::filesystem::path& file);

/// Copies the database at `from` to `to`, a file that is not there yet, page by page as of one moment; who writes
/// meanwhile is not kept waiting. `to` is not durable. Errors: not_found/database_missing, and Database's.
[[nodiscard]] base::Result<void> copy_database(const std::filesystem::path& from, const std::filesystem::path& to);

/// The number of the last step of records/migrations that was applied to it, after every page was read and judged.
/// Errors: io/database_damaged, unavailable/database_newer, input/database_foreign, and Database's.
[[nodiscard]] base::Result<std::int64_t> examine_database(const std::filesystem::path& file);

/// The contents of samples that the database knows, ascending, those after `last` (""), `most` at once.
[[nodiscard]] base::Result<std::vector<std::string>> known_contents(Database& database, const std::string& last,
                                                                    std::int64_t most);

}  // namespace gatehouse::records
