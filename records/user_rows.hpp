// How rooms of the users' side ask for whole users: one text for the columns, and one reading of them. For those rooms
// only. Used like the Database it was given: by one thread at a time; blocking.
#pragma once

#include "records/users.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::records {

/// How many columns of a row are the user's; others follow.
inline constexpr std::size_t user_columns = 23;

/// A query for users and, behind their columns, `more` ones ("" or ", table.column, ..."). `rest`: further joins,
/// conditions, order. The tables users, organizations and (of devices only) devices are there.
[[nodiscard]] std::string users_where(std::string_view rest, std::string_view more = {});

/// The user that a row of it begins with.
[[nodiscard]] User user_of(const Row& row);

/// Whether an administrator may still work here once this user, or all users of this organization, may not. 0: nobody.
[[nodiscard]] base::Result<bool> has_active_admin_without(Database& database, std::int64_t user_id,
                                                          std::int64_t organization_id);

/// The error where none may, after it was told in `message` who stands in the way.
[[nodiscard]] tl::unexpected<base::Error> last_admin(std::string message);

}  // namespace gatehouse::records
