// Signing in and out, who am I, and which sessions are open: /session, /sessions. The office gives the routes to every
// worker's table and to the console's, on whose threads the handlers run.
#pragma once

#include "records/sessions.hpp"
#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// The session of who sends the request and proved that account's password.
[[nodiscard]] records::NewSession session_for(const http::Request& request, const records::Account& account);

/// Appends the routes; `services` must outlive them.
void add_session_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
