// The certificates that another server presents, looked at without believing them, and taken over by choice:
// /authorities/retrieve and /authorities/import.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the routes; `services` must outlive them.
void add_retrieval_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
