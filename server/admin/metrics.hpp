// GET /metrics: what Prometheus is told, in its text exposition format 0.0.4. Handlers, on their workers' threads.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::admin {

/// Appends the route; `services` must outlive it.
void add_metrics_route(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
