// Is the appliance all right, what happens on it, and both doors at a glance: /status, /events, /interfaces. The office
// gives the routes to every worker's table and to the console's, on whose threads the handlers run.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the routes; `services` must outlive them.
void add_status_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
