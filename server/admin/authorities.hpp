// Whom outbound calls believe: /authorities, adding and removing, and whether the system's own count. The office gives
// the routes to every worker's table and to the console's, on whose threads the handlers run.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <string>
#include <vector>

namespace gatehouse::admin {

/// Adds the certificates of a PEM text, audits each and answers with what was added and what was refused. `from`: the
/// server that they were retrieved from; empty: somebody sent them.
[[nodiscard]] http::Later add_anchors(const Services& services, const http::Request& request, std::string pem,
                                      std::string from);

/// Appends the routes; `services` must outlive them.
void add_authority_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
