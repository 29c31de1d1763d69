// What the rooms of the samples work with beside the door's Services: references to what the depot owns, which outlives
// every route. Owned by Depot, made on the control thread; handlers read it on their workers' threads.
#pragma once

#include "records/viewer.hpp"
#include "server/clean/address_fetch.hpp"
#include "server/clean/places.hpp"
#include "server/clean/services.hpp"
#include "server/clean/visit.hpp"
#include "server/integrations/analysis_queue.hpp"
#include "server/net/pool.hpp"
#include "server/samples/storage.hpp"

#include <functional>
#include <string>

namespace gatehouse::clean {

struct SampleServices {
    const Services& door;
    /// Without its store no route is asked that works with it.
    samples::Storage storage;
    net::Pool& packing;  ///< of archives: few at once, because each is as large as its sample
    Places& uploads;     ///< by users' numbers
    /// Of those whose API key may still come, behind the file: their bytes lie on the disk before anybody knows whose
    /// they are. By networks.
    Places& keyless_uploads;
    Places& downloads;  ///< of archives, by users' numbers: each takes room on the disk until it is fetched
    // Any thread:
    std::function<integrations::EngineState()> engine;
    std::function<void()> wake_analysis;  ///< a sample waits for it
    std::function<std::string()> hostname;
    /// What is behind an address, as fetch_content has it.
    std::function<boost::asio::awaitable<http::Judged<samples::HeldContent>>(net::Url)> fetch;
};

/// As whom a user looks at samples.
[[nodiscard]] inline records::Viewer viewer_of(const records::User& user) {
    return {user.id, user.organization_id, user.role == records::UserRole::admin};
}

/// The handler of a route of the public API: `handler(samples, visit)`, which gives a Response or a Later.
template <class Handler>
[[nodiscard]] auto on_visit(const SampleServices& samples, Handler handler) {
    return with_visit(samples.door, [&samples, handler](const Services& /*of the door*/, const Visit& visit) {
        return handler(samples, visit);
    });
}
/// Of a route of the portal: `handler(samples, request)`.
template <class Handler>
[[nodiscard]] auto on_request(const SampleServices& samples, Handler handler) {
    return [&samples, handler](const http::Request& request) { return handler(samples, request); };
}

}  // namespace gatehouse::clean
