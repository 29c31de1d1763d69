// The operators, users and API keys that a one-time file asks for (config/one_time_file). Blocking, and slow: passwords
// are hashed; for the credentials thread, with a connection of its own.
#pragma once

#include "config/one_time_file.hpp"
#include "records/database.hpp"
#include "records/users_key.hpp"

namespace gatehouse::records {

/// Stores all of it or nothing, and records it; once for each digest of a file, so that one that was applied and could
/// not be deleted is not refused. Users of the clean door come to the default organization (records/first_user), with
/// an API key of their own unless the file has one for them; an administrator whose name is that of the one that the
/// appliance made up, whose password nobody has changed, takes that one's place, and so does an operator; a key for a
/// user that exists takes the place of its former one. Errors: those of Database; the trouble of `key`, where it is
/// needed; input/role_invalid, conflict/name_repeated and those of Operators::check_new, Users::check_new and
/// check_password, the message begins with "users[N]:"; not_found/no_user, conflict/api_key_repeated (a user has two)
/// and those of ApiKeys::keep, it begins with "apikeys[N]:".
[[nodiscard]] base::Result<void> take_one_time_users(Database& database, const config::OneTimeFile& file,
                                                     const UsersKey& key, Time now);

}  // namespace gatehouse::records
