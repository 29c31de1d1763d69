// One's own second factor, switched on and off by whoever signed in: /operators/self/totp. Sign-in asks for it
// (server/admin/session). The office gives the routes to every worker's table and to the console's, on whose threads
// the handlers run.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the routes; `services` must outlive them.
void add_second_factor_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
