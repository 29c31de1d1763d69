// The accounts of the admin door, their passwords, second factors and API tokens: /operators, /tokens. The office gives
// the routes to every worker's table and to the console's, on whose threads the handlers run.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the routes; `services` must outlive them.
void add_operator_routes(std::vector<http::Route>& routes, const Services& services);
void add_token_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
