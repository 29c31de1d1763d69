// How the box reaches other servers: the DNS servers and the way out of both networks, and trying a look-up: /network.
// What operators chose is the setting "network" in the database. The office gives the routes to every worker's table
// and to the console's, on whose threads the handlers run. load_network is for the control thread.
#pragma once

#include "records/database.hpp"
#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Brings what was chosen into force, at start. What cannot be used is logged, and the system's servers count.
void load_network(const Services& services, records::Database& database);

/// Appends the routes; `services` must outlive them. Without a database nothing can be chosen.
void add_network_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
