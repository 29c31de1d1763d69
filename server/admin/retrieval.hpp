// The certificates that another server presents, looked at without believing them, and taken over by choice:
// /authorities/retrieve and /authorities/import. The office gives the routes to every worker's table and to the
// console's, on whose threads the handlers run.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <string>
#include <vector>

namespace gatehouse::admin {

/// For whom retrievals and look-ups are limited: operators by their names, whichever session they use; tokens each for
/// itself.
[[nodiscard]] std::string prober_of(const http::Request& request);

/// Appends the routes; `services` must outlive them.
void add_retrieval_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
