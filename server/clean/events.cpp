#include "server/clean/events.hpp"

#include "server/http/answers.hpp"

#include <boost/asio/this_coro.hpp>

#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using http::Json;

// Every listener of this door came through the gate of Members.
bool is_admin(const http::Caller& caller) {
    return static_cast<const Member&>(caller).user.role == records::UserRole::admin;
}

void publish(const Services& services, std::string_view event, std::string_view login) {
    const Json data{{"event", event}, {"at", http::moment_shape(records::now())}, {"login", login}};
    services.events.publish(event, data.dump(-1, ' ', false, Json::error_handler_t::replace), is_admin);
}

http::Later stream_events(const Services& services, const http::Request& request) {
    http::Listener listener;
    listener.executor = co_await boost::asio::this_coro::executor;
    listener.last_event_id = request.find("Last-Event-ID").value_or("");
    listener.welcome = [&services, caller = request.caller] { return services.members->knows(*caller); };
    listener.caller = request.caller;
    co_return services.events.subscribe(listener);
}

}  // namespace

void tell_device_registered(const Services& services, std::string_view device_id) {
    publish(services, "device.registered", device_id);
}

void tell_user_changed(const Services& services, std::string_view login) {
    publish(services, "user.changed", login);
}

void add_event_routes(std::vector<http::Route>& routes, const Services& services) {
    routes.push_back({http::Method::get, "/api/v1/events", http::Access::read, 0, with(services, stream_events)});
}

}  // namespace gatehouse::clean
