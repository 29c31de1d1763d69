// How disposition update services, what they are not told and the test of a connection look in the portal's JSON, as
// docs/api/clean.yaml has them. Pure; any thread.
#pragma once

#include "records/disposition_services.hpp"
#include "records/dispositions.hpp"
#include "server/http/answers.hpp"
#include "server/integrations/disposition_call.hpp"
#include "server/integrations/standing.hpp"

#include <cstdint>
#include <map>

namespace gatehouse::clean {

using http::Json;

/// How services stand, by their numbers; one that is not there yet stands as if nothing were known.
using ServiceStates = std::map<std::int64_t, integrations::ServiceState>;

[[nodiscard]] Json service_shape(const records::DispositionService& service, const ServiceStates& states);
/// One that was given up.
[[nodiscard]] Json failed_shape(const records::Disposition& one);
[[nodiscard]] Json test_shape(const integrations::ConnectionTest& test);

}  // namespace gatehouse::clean
