// The tables, as numbered steps from an empty file to what this version works with. A step that was released is never
// edited afterwards; what has to change is a further step. Stateless; blocking: the thread of whoever opens the
// database.
//
// All tables are STRICT, but for full-text indexes, which know no types. Times are Unix microseconds. No column is
// named by a keyword, and names are compared by lower() rather than by a collation, so that another database can be
// taught the same texts.
#pragma once

#include "records/database.hpp"

#include <span>
#include <string_view>

namespace gatehouse::records {

struct Migration {
    int number = 0;        ///< ascending
    std::string_view sql;  ///< statements, ended by semicolons
};

/// All steps, by number.
[[nodiscard]] std::span<const Migration> migrations();

/// Applies the steps that are missing, all in one transaction or none. Errors: unavailable/database_newer (a later
/// version has been here), input/database_foreign (the tables are not Gatehouse's), and Database's.
[[nodiscard]] base::Result<void> migrate(Database& database, std::span<const Migration> steps);

/// The number of the last step that was applied; 0: none. Errors: as `migrate`.
[[nodiscard]] base::Result<std::int64_t> version_of(Database& database);

/// Whether its tables, views, indexes and triggers are those that the applied steps make, to the letter: whatever else
/// a schema holds works whenever the database is used. For a database from elsewhere. Errors: input/database_foreign
/// (tells the first difference), and as `migrate`.
[[nodiscard]] base::Result<void> has_own_schema(Database& database);

/// Opens STATE/gatehouse.db with all its tables: Database::open, then `migrate`.
[[nodiscard]] base::Result<Database> open_records(const std::filesystem::path& file,
                                                  const Database::Options& options = {});

}  // namespace gatehouse::records
