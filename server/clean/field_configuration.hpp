// What may be chosen for a submission, as clients of the field ask for it: /api/v3/configuration. Small fixed lists.
// The reception gives the routes to every worker's table, on whose threads the handlers run.
#pragma once

#include "server/clean/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::clean {

/// Appends the routes; `services` must outlive them.
void add_field_configuration_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::clean
