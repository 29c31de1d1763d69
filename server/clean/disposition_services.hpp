// Who is told of malicious samples, as administrators order it in the portal: /api/v1/disposition-services. For
// handlers, on their workers' threads; references outlive the routes.
#pragma once

#include "server/clean/disposition_shapes.hpp"
#include "server/clean/places.hpp"
#include "server/clean/services.hpp"
#include "server/http/router.hpp"
#include "server/integrations/disposition_call.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace gatehouse::clean {

/// What the routes work with beside the door's Services.
struct SyndicationServices {
    const Services& door;
    Places& tests;  ///< connections that are tried, by users' numbers
    // Any thread:
    std::function<ServiceStates()> states;
    std::function<void()> services_changed;
    std::function<void(std::int64_t service)> hasten;  ///< what waits for it, perhaps again, is to be tried now
    std::function<void(std::int64_t service)> tested;  ///< the same, where a test has reached it
    std::function<boost::asio::awaitable<integrations::ConnectionTest>(integrations::DispositionService)> test;
};

/// Appends the routes; `syndication` must outlive them.
void add_disposition_service_routes(std::vector<http::Route>& routes, const SyndicationServices& syndication);

}  // namespace gatehouse::clean
