// Samples in the field's API, /api/v2/samples: submitting, lists, states, what the analysis made of them, tags. On the
// workers' threads.
#pragma once

#include "server/clean/sample_services.hpp"
#include "server/http/router.hpp"

#include <vector>

namespace gatehouse::clean {

/// Appends the routes; `samples` must outlive them.
void add_field_sample_routes(std::vector<http::Route>& routes, const SampleServices& samples);

}  // namespace gatehouse::clean
