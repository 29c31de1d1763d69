#include "server/clean/devices.hpp"

#include "records/api_keys.hpp"
#include "records/devices.hpp"
#include "server/clean/asking.hpp"
#include "server/clean/events.hpp"
#include "server/clean/presented.hpp"
#include "server/http/json_body.hpp"

#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using records::Database;
using records::DeviceKind;
using records::DevicePoll;

http::Judged<records::DeviceRequest> read_device(const http::Request& request) {
    auto device =
        http::read_json<records::DeviceRequest>(request, [](http::JsonObject& body, records::DeviceRequest& wish) {
            body.text("device_id", wish.device_id);
            body.choice("kind", wish.kind,
                        {{"esa", DeviceKind::esa},
                         {"wsa", DeviceKind::wsa},
                         {"amp", DeviceKind::amp},
                         {"other", DeviceKind::other}});
            body.secret("secret", wish.secret, 0, 4096);  // records judges it
        });
    if (!device) return device;
    device->address = request.peer.text();
    device->network = request.peer.network().text();
    device->site = request.peer.site().text();
    return device;
}

// A device that waits and asks again changes nothing, so that open pages and other requests need not hear of it.
base::Result<DevicePoll> register_device(const Services& services, Database& database,
                                         const records::DeviceRequest& wish, bool& is_new) {
    const auto before = records::Users(database).find(wish.device_id);
    if (!before) return base::fail(before.error());
    auto poll = records::Devices(database, services.box_key).register_device(wish, records::now());
    is_new = poll && !*before;
    if (is_new) {
        services.members->refresh(database);
        tell_device_registered(services, wish.device_id);
    }
    return poll;
}

http::Response poll_refusal(const base::Error& error) {
    // Byte for byte the same whatever it is that has the name.
    if (error.code == "device_conflict") {
        return http::problem(409, error.code,
                             "This device id can't be registered with this secret. Choose another id, or have an "
                             "administrator reset the registration.");
    }
    return http::refused(error, {{"device_id_invalid", "/device_id"}, {"secret_invalid", "/secret"}});
}

// Nobody the refusal could be of has an account: the audit holds the id that was typed, bounded as sign-ins are.
boost::asio::awaitable<void> record_refusal(const Services& services, const http::Request& request,
                                            const std::string& device_id, const std::string& code) {
    archive::Refused refused{.name = device_id, .code = code, .via = records::Via::token};
    co_await archive::note_refusal(trail_of(services), services.device_refusals, request, device_refusals,
                                   std::move(refused));
}

http::Later post_device(const Services& services, const http::Request& request) {
    const auto wish = read_device(request);
    if (!wish) co_return http::problem(wish.error());
    // What is registered already is known without the disk, which strangers could keep busy else.
    Presented shown;
    shown.device.emplace(DeviceProof{wish->device_id, wish->secret.clone()});
    if (const auto known = services.members->find(shown)) {
        const auto state = is_let_in(known->user) ? records::DeviceState::active : records::DeviceState::deactivated;
        co_return http::json_response({{"state", records::name(state)}}, 202);
    }
    // Which names are taken can be told by what is refused: who met many is slowed down, as guessed passwords are. By
    // networks alone, since each name is another.
    if (const auto wait = services.device_throttle.wait(wish->network, wish->network); wait.count() > 0)
        co_return http::too_many(wait);
    const auto place = services.registrations.take(wish->network);
    if (!place) co_return http::too_many(std::chrono::seconds(1));
    bool is_new = false;
    const auto poll = co_await services.archive->run(
        [&](Database& database) { return register_device(services, database, *wish, is_new); });
    if (!poll) {
        archive::log_failure(services.log, "device.registered", poll.error());
        if (poll.error().kind == base::ErrorKind::conflict)
            services.device_throttle.failed(wish->network, wish->network);
        if (poll.error().kind == base::ErrorKind::conflict || poll.error().code == "too_many_devices")
            co_await record_refusal(services, request, wish->device_id, poll.error().code);
        co_return poll_refusal(poll.error());
    }
    if (is_new) {
        archive::Note entry{.action = "device.registered",
                            .object = wish->device_id,
                            .actor = wish->device_id,
                            .detail = Json{{"kind", records::name(wish->kind)}, {"interface", "clean"}}.dump(),
                            .via = records::Via::token};
        co_await archive::note(trail_of(services), request, std::move(entry));
    }
    co_return http::json_response({{"state", records::name(poll->state)}}, 202);
}

http::Later poll_device(const Services& services, const http::Request& request) {
    auto presented = presented_by_header(request);
    if (!presented) co_return http::problem(presented.error());
    presented->key.reset();  // a device says who it is by its secret
    const auto member = services.members->find(*presented);
    if (!member) {
        co_return http::problem(401, "not_authenticated",
                                "Send Authorization: Device ID:SECRET, as they were registered.");
    }
    if (!records::is_let_in(member->user)) co_return http::json_response({{"state", "deactivated"}});
    const auto key = co_await services.archive->run(
        [&](Database& database) { return records::ApiKeys(database, services.box_key).show(member->user.id); });
    if (!key) co_return http::problem(key.error());
    Json answer{{"state", "active"}};
    if (*key) answer["api_key"] = std::string((*key)->reveal());
    co_return http::json_response(answer);
}

}  // namespace

void add_device_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back({Method::post, "/api/v1/devices", Access::anyone, most_json_bytes, with(services, post_device)});
    routes.push_back({Method::get, "/api/v1/devices/self", Access::anyone, 0, with(services, poll_device)});
}

}  // namespace gatehouse::clean
