// Samples in the portal's API, /api/v1/samples, and /api/v1/appliance: which appliance this is, and whether samples can
// be judged. On the workers' threads.
#pragma once

#include "server/clean/sample_services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::clean {

/// Append the routes; `samples` must outlive them.
void add_sample_routes(std::vector<http::Route>& routes, const SampleServices& samples);
void add_appliance_route(std::vector<http::Route>& routes, const SampleServices& samples);

}  // namespace gatehouse::clean
