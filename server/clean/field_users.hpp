// Users as clients of the field work with them: /api/v3/session/whoami, /api/v3/users, /api/v3/organizations. The
// reception gives the routes to every worker's table, on whose threads the handlers run.
#pragma once

#include "server/clean/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::clean {

/// Appends the routes; `services` must outlive them.
void add_field_user_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::clean
