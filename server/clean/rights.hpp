// Who may see and change whom: a user itself, an org-admin its organization but for administrators, an administrator
// all. What one may not see is not there. Pure; any thread.
#pragma once

#include "base/result.hpp"
#include "records/users.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::clean {

enum class Wish {
    see,
    describe,  ///< change name, e-mail address or title
    order,     ///< change the role, activate, de-activate, delete, limit
    hold_key,  ///< see the API key, or replace it
};

/// Errors: not_found/no_user where `asking` may not see the user; denied/role_too_low.
[[nodiscard]] base::Result<void> judge(const records::User& asking, const records::User& user, Wish wish);
/// Whether it may make users of that role there, or give it to one. Errors: not_found/no_organization,
/// denied/role_too_low, denied/role_too_high.
[[nodiscard]] base::Result<void> judge_role(const records::User& asking, std::int64_t organization_id,
                                            records::UserRole role);
/// For what is of administrators alone and of no organization. Errors: denied/role_too_low.
[[nodiscard]] base::Result<void> judge_admin(const records::User& asking);
/// Whether it may see the organization. Errors: not_found/no_organization.
[[nodiscard]] base::Result<void> judge_organization(const records::User& asking, std::int64_t organization_id);

/// The same whether there is none or it may not be seen.
[[nodiscard]] base::Error no_user(std::string_view login);
[[nodiscard]] base::Error no_organization();

}  // namespace gatehouse::clean
