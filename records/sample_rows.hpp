// Reading samples from their tables: for the rooms that work on samples. Used like the Database: by one thread at a
// time; blocking.
#pragma once

#include "records/database.hpp"
#include "records/sample.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// What is said of a sample that is not there, and in the same words of one that may not be seen.
[[nodiscard]] tl::unexpected<base::Error> no_sample(std::string_view id);

/// One by its number, whoever may see it; nullopt where there is none.
[[nodiscard]] base::Result<std::optional<Sample>> sample_by_number(Database& database, std::int64_t number);

/// One by its id. Errors: not_found/no_sample, and those of Database.
[[nodiscard]] base::Result<Sample> visible_sample(Database& database, const Viewer& viewer, std::string_view id);

/// sample_password as it was sealed; nullopt where none was given.
[[nodiscard]] base::Result<std::optional<std::string>> sealed_password_of(Database& database, std::int64_t number);

}  // namespace gatehouse::records
