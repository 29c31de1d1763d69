#include "server/clean/rights.hpp"

#include "config/json_text.hpp"

#include <string>

namespace gatehouse::clean {

namespace {

using base::ErrorKind;
using base::Result;
using records::User;
using records::UserRole;

tl::unexpected<base::Error> role_too_low(const User& asking, std::string_view needed) {
    return base::fail(ErrorKind::denied, "role_too_low",
                      "This takes the role " + std::string(needed) + "; " + asking.login + " has the role " +
                          std::string(records::name(asking.role)) + ".");
}

}  // namespace

base::Error no_user(std::string_view login) {
    return {ErrorKind::not_found, "no_user", "There is no user " + config::in_quotes(login) + ".", {}};
}

base::Error no_organization() {
    return {ErrorKind::not_found, "no_organization", "There is no such organization.", {}};
}

Result<void> judge(const User& asking, const User& user, Wish wish) {
    if (asking.role == UserRole::admin) return {};
    const bool own = asking.id == user.id;
    const bool orders = asking.role == UserRole::org_admin && asking.organization_id == user.organization_id;
    if (!own && !orders) return base::fail(no_user(user.login));
    if (wish == Wish::see) return {};
    if (own && (wish == Wish::describe || wish == Wish::hold_key)) return {};
    if (!orders) return role_too_low(asking, "org-admin or admin");
    if (wish == Wish::hold_key || user.role == UserRole::admin) return role_too_low(asking, "admin");
    return {};
}

Result<void> judge_role(const User& asking, std::int64_t organization_id, UserRole role) {
    if (asking.role == UserRole::admin) return {};
    if (asking.organization_id != organization_id) return base::fail(no_organization());
    if (asking.role != UserRole::org_admin) return role_too_low(asking, "org-admin or admin");
    if (role != UserRole::admin) return {};
    return base::fail(ErrorKind::denied, "role_too_high", "The role admin is given by those alone who have it.");
}

base::Result<void> judge_admin(const records::User& asking) {
    if (asking.role == records::UserRole::admin) return {};
    return base::fail(base::ErrorKind::denied, "role_too_low",
                      "This takes the role admin; " + asking.login + " has the role " +
                          std::string(records::name(asking.role)) + ".");
}

Result<void> judge_organization(const User& asking, std::int64_t organization_id) {
    if (asking.role == UserRole::admin || asking.organization_id == organization_id) return {};
    return base::fail(no_organization());
}

}  // namespace gatehouse::clean
