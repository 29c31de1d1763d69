// Setting a password in the portal: /api/v1/users/{login}/password. One's own takes the present one. The reception
// gives the routes to every worker's table, on whose threads the handlers run.
#pragma once

#include "server/clean/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::clean {

/// Appends the route; `services` must outlive it.
void add_password_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::clean
