// Who did what, from where, with what result: /audit. The office gives the routes to every worker's table and to the
// console's, on whose threads the handlers run.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the route; `services` must outlive it.
void add_audit_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
