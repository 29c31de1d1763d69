// A door's signing request (CSR), whose key stays on the box: make it, look at it, discard it. Routes at
// /interfaces/{interface}/certificate/request. The office gives the routes to every worker's table and to the
// console's, on whose threads the handlers run.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the routes; `services` must outlive them.
void add_signing_request_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
