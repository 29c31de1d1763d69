// The operators that a one-time file asks for (config/one_time_file). Blocking, and slow: passwords are hashed; for the
// credentials thread, with a connection of its own.
#pragma once

#include "config/one_time_file.hpp"
#include "records/database.hpp"

#include <span>
#include <string>

namespace gatehouse::records {

/// Stores all of them or none, and records it; once for each `digest`, so that a file that was applied and could not be
/// deleted is not refused. Errors: those of Database and of Operators::check_all, and input/role_invalid; the message
/// begins with "users[N]".
[[nodiscard]] base::Result<void> take_one_time_users(Database& database, std::span<const config::OneTimeUser> users,
                                                     const std::string& digest, Time now);

}  // namespace gatehouse::records
