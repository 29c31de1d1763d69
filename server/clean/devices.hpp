// Registration by the devices themselves: /api/v1/devices. A contract of our own. The reception gives the routes to
// every worker's table, on whose threads the handlers run.
#pragma once

#include "server/clean/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::clean {

/// Appends the routes; `services` must outlive them.
void add_device_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::clean
