// Signing in at the clean door and out again: /api/v1/session. The reception gives the routes to every worker's table,
// on whose threads the handlers run.
#pragma once

#include "records/user_sessions.hpp"
#include "server/clean/services.hpp"
#include "server/http/router.hpp"

#include <string>
#include <vector>

namespace gatehouse::clean {

/// Appends the routes; `services` must outlive them.
void add_session_routes(std::vector<http::Route>& routes, const Services& services);

/// A session for who proved the account's password by this request.
[[nodiscard]] records::NewUserSession session_for(const http::Request& request, const records::UserAccount& account);
/// Value of the Set-Cookie field.
[[nodiscard]] std::string cookie_of(const records::StartedUserSession& started);

}  // namespace gatehouse::clean
