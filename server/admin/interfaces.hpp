// Both doors as an operator sees them, and what may be set of them: hostname, TLS policy, and (on the console) whether
// TLS 1.0 and 1.1 are let in. Handlers, on their workers' threads.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the routes; `services` must outlive them. Those that set something need the database.
void add_interface_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
