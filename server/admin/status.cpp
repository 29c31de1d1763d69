#include "server/admin/status.hpp"

#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

struct Flow {
    std::uint64_t connections = 0;  // now
    std::uint64_t succeeded = 0;    // handshakes
    std::uint64_t failed = 0;
};

Flow flow_through(const Services& services, config::Interface interface) {
    Flow sum;
    for (const http::Traffic* one : services.traffic(interface)) {
        sum.connections += one->connections.get();
        for (std::size_t end = 0; end < http::handshake_ends; ++end) {
            const bool failed = end == static_cast<std::size_t>(http::HandshakeEnd::failed);
            (failed ? sum.failed : sum.succeeded) += one->handshakes.at(end).get();
        }
    }
    return sum;
}

Json door_status_shape(const Services& services, config::Interface interface) {
    const auto status = services.board.status(interface);
    Json reloads = Json::array();
    for (const auto& reload : status->reloads)
        reloads.push_back(reload_shape(reload));
    const Flow flow = flow_through(services, interface);
    return {{"source", name(status->source)},
            {"fingerprint_sha256", status->certificate.fingerprint_sha256},
            {"last_reload", reload_shape(status->last_reload)},
            {"reloads", std::move(reloads)},
            {"findings", findings_shape(status->findings)},
            {"connections", flow.connections},
            {"handshakes", {{"succeeded", flow.succeeded}, {"failed", flow.failed}}}};
}

http::Response tell_status(const Services& services) {
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    const auto up = duration_cast<seconds>(std::chrono::system_clock::now() - services.started);
    Json body{{"version", GATEHOUSE_VERSION},
              {"started_at", time_shape(std::chrono::system_clock::to_time_t(services.started))},
              {"uptime_seconds", up.count()},
              {"troubles", troubles_shape(services.troubles())}};
    for (const auto interface : config::interfaces)
        body["interfaces"][std::string(config::name(interface))] = door_status_shape(services, interface);
    return json_response(body);
}

http::Later stream_events(const Services& services, const http::Request& request) {
    if (request.method == http::Method::head) {  // nobody would listen
        http::Response head;
        head.fields.emplace_back("Content-Type", "text/event-stream");
        co_return head;
    }
    http::Listener listener;
    listener.executor = co_await boost::asio::this_coro::executor;
    listener.last_event_id = request.find("Last-Event-ID").value_or("");
    listener.welcome = [&services, caller = request.caller] { return services.identities.knows(*caller); };
    co_return services.events.subscribe(listener);
}

}  // namespace

void add_status_routes(std::vector<http::Route>& routes, const Services& services) {
    const auto status = [&services](const http::Request&) { return tell_status(services); };
    routes.push_back({http::Method::get, "/api/v1/status", http::Access::read, 0, status});
    routes.push_back({http::Method::get, "/api/v1/events", http::Access::read, 0, with(services, stream_events)});
}

}  // namespace gatehouse::admin
