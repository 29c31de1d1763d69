#include "server/admin/console.hpp"

#include "base/text.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/json_body.hpp"
#include "server/net/awaited.hpp"

#include <memory>
#include <utility>

namespace gatehouse::admin {

namespace {

Json runs_shape(const Services& services, const std::vector<std::string>& needs_restart) {
    Json body;
    for (const auto interface : config::interfaces) {
        body["interfaces"][std::string(config::name(interface))] =
            reload_shape(services.board.status(interface)->last_reload);
    }
    body["needs_restart"] = needs_restart;
    body["troubles"] = troubles_shape(services.troubles());
    return body;
}

http::Later reload(const Services& services, const http::Request& request) {
    const Reloaded reloaded = co_await net::awaited<Reloaded>(services.reload);
    const bool refused = !reloaded.refused.empty();
    Note entry{.action = "settings.reloaded", .refusal = refused ? "configuration_invalid" : ""};
    co_await note(services, request, std::move(entry));
    if (refused) co_return http::problem(422, "configuration_invalid", base::joined(reloaded.refused));
    co_return json_response(runs_shape(services, reloaded.needs_restart));
}

struct Given {
    config::Interface interface = config::Interface::clean;
    base::Secret passphrase;
};

http::Judged<Given> read_given(const http::Request& request) {
    constexpr std::size_t longest = 1024;  // as in the one-time file
    return http::read_json<Given>(request, [](http::JsonObject& body, Given& given) {
        body.choice("interface", given.interface,
                    {{"clean", config::Interface::clean}, {"admin", config::Interface::admin}});
        body.secret("passphrase", given.passphrase, 1, longest);
    });
}

http::Later give_passphrase(const Services& services, const http::Request& request) {
    auto given = read_given(request);
    if (!given) co_return http::problem(given.error());
    const std::string door(config::name(given->interface));
    // Shared, because a std::function can be copied and a secret cannot.
    auto passphrase = std::make_shared<base::Secret>(std::move(given->passphrase));
    using Done = std::function<void(base::Result<void>)>;
    std::function<void(Done)> begin = [&services, interface = given->interface, passphrase](const Done& done) {
        services.credentials.give(interface, std::move(*passphrase), done);
    };
    const auto used = co_await net::awaited<base::Result<void>>(std::move(begin));
    Note entry{.action = "passphrase.given", .object = door, .refusal = used ? "" : used.error().code};
    co_await note(services, request, std::move(entry));
    if (!used) co_return refused(used.error());
    co_return json_response(runs_shape(services, {}));
}

}  // namespace

void add_console_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back({Method::post, "/api/v1/reload", Access::console, 0, with(services, reload)});
    routes.push_back(
        {Method::put, "/api/v1/passphrase", Access::console, most_json_bytes, with(services, give_passphrase)});
}

}  // namespace gatehouse::admin
