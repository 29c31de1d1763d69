// A door's certificate: look at it, change it, download it. Routes below /interfaces/{interface}/certificate. The
// office gives the routes to every worker's table and to the console's, on whose threads the handlers run.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the routes; `services` must outlive them.
void add_certificate_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
