// What only root on the box may ask for, over the console socket: a reload that is waited for. The other routes are the
// admin door's own. The office gives the routes to all tables; the handlers run on the console's thread, since no gate
// but its own lets them be called.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the routes; `services` must outlive them.
void add_console_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
