#include "server/admin/interfaces.hpp"

#include "config/address.hpp"
#include "records/choices.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/json_body.hpp"
#include "server/http/query.hpp"
#include "server/net/awaited.hpp"

#include <ctime>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

using config::DoorChoices;
using config::Interface;
using config::TlsPolicy;

const char* hostname_from(const DoorFacts& facts) {
    if (facts.hostname_by_file) return "file";
    return facts.hostname_chosen ? "portal" : "system";
}

Json interface_shape(const Services& services, config::Interface interface) {
    const auto status = services.board.status(interface);
    const DoorFacts facts = services.door_facts(interface);
    Json fixed = Json::array();
    if (facts.hostname_by_file) fixed.push_back("hostname");
    if (facts.policy_by_file) fixed.push_back("tls.policy");
    Json shape{{"interface", config::name(interface)},
               {"hostname", status->hostname},
               {"hostname_from", hostname_from(facts)},
               {"listen", facts.listen},
               {"redirect", facts.redirect},
               {"tls", {{"policy", config::name(facts.policy)}, {"legacy", facts.legacy_tls}}},
               {"fixed", std::move(fixed)},
               {"expiry_warning_days", facts.warning_days},
               {"certificate", certificate_shape(status->certificate, std::time(nullptr))}};
    put_padlock(shape, *status);
    return shape;
}

http::Response list_interfaces(const Services& services, const http::Request& /*it has nothing to say*/) {
    Json items = Json::array();
    for (const auto interface : config::interfaces)
        items.push_back(interface_shape(services, interface));
    return list_response(std::move(items));
}

// ---- setting

using Choose = std::function<void(DoorChoices&)>;

// Keeps what `choose` makes of the door's choices, brings it into force and waits until the door follows.
boost::asio::awaitable<base::Result<void>> set(const Services& services, Interface interface, const Choose* choose) {
    const auto kept = co_await services.archive->run([&](records::Database& database) -> base::Result<void> {
        config::Choices choices = *services.choices.load();
        (*choose)(choices[interface]);
        if (auto done = records::keep_choices(database, interface, choices[interface], records::now()); !done)
            return done;
        // Here, where one comes after the other.
        services.choices.store(std::make_shared<const config::Choices>(std::move(choices)));
        return {};
    });
    if (!kept) co_return kept;
    std::function<void(std::function<void(bool)>)> begin = [&services](const std::function<void(bool)>& done) {
        services.apply_choices([done] { done(true); });
    };
    co_await net::awaited<bool>(std::move(begin));
    co_return base::Result<void>();
}

// What is set ends with: kept, audited, answered.
boost::asio::awaitable<std::optional<http::Response>> carry_out(const Services& services, const http::Request& request,
                                                                Interface interface, const Choose* choose,
                                                                const Note* entry) {
    const auto done = co_await set(services, interface, choose);
    Note told = *entry;
    told.object = std::string(config::name(interface));
    if (!done) told.refusal = done.error().code;
    co_await note(services, request, std::move(told));
    if (!done) co_return http::problem(done.error());
    co_return std::nullopt;
}

http::Response fixed_by_file(Interface interface, const std::string& what, const std::string& member) {
    const std::string door(config::name(interface));
    return http::problem(409, "fixed_by_file",
                         "The configuration file sets the " + what + " of the " + door + " door; change interfaces." +
                             door + "." + member + " there and reload.");
}

http::Judged<std::string> read_hostname(const http::Request& request) {
    return http::read_json<std::string>(request, [](http::JsonObject& body, std::string& hostname) {
        body.text("hostname", hostname, {.least = 0, .most = 253});
        if (!body.sound() || hostname.empty()) return;
        if (const auto fault = config::hostname_fault(hostname)) body.refuse_value("hostname", *fault + ".");
    });
}

http::Later set_hostname(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) co_return no_such_door(request);
    const auto hostname = read_hostname(request);
    if (!hostname) co_return http::problem(hostname.error());
    if (services.door_facts(*interface).hostname_by_file) co_return fixed_by_file(*interface, "hostname", "hostname");
    const Choose choose = [&](DoorChoices& choices) { choices.hostname = *hostname; };
    const Json detail{{"interface", config::name(*interface)},
                      {"before", services.board.status(*interface)->hostname},
                      {"after", *hostname}};
    const Note entry{.action = "settings.hostname", .detail = detail.dump()};
    auto refusal = co_await carry_out(services, request, *interface, &choose, &entry);
    if (refusal) co_return std::move(*refusal);
    co_return json_response(interface_shape(services, *interface));
}

http::Judged<TlsPolicy> read_policy(const http::Request& request) {
    return http::read_json<TlsPolicy>(request, [](http::JsonObject& body, TlsPolicy& policy) {
        body.choice("policy", policy, {{"intermediate", TlsPolicy::intermediate}, {"modern", TlsPolicy::modern}});
    });
}

http::Later set_policy(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) co_return no_such_door(request);
    const auto policy = read_policy(request);
    if (!policy) co_return http::problem(policy.error());
    if (services.door_facts(*interface).policy_by_file) co_return fixed_by_file(*interface, "TLS policy", "tls.policy");
    const Choose choose = [&](DoorChoices& choices) { choices.policy = *policy; };
    const Json detail{{"interface", config::name(*interface)}, {"after", config::name(*policy)}};
    const Note entry{.action = "settings.tls", .detail = detail.dump()};
    auto refusal = co_await carry_out(services, request, *interface, &choose, &entry);
    if (refusal) co_return std::move(*refusal);
    co_return json_response(interface_shape(services, *interface));
}

// ---- clients of TLS 1.0 and 1.1

http::Response legacy_response(const Services& services) {
    Json body;
    for (const auto interface : config::interfaces)
        body[std::string(config::name(interface))] = services.door_facts(interface).legacy_tls;
    return json_response(body);
}

http::Response show_legacy(const Services& services, const http::Request& /*it has nothing to say*/) {
    return legacy_response(services);
}

http::Later switch_legacy(const Services& services, const http::Request& request, Interface interface, bool on) {
    if (on && interface == Interface::admin) {
        co_return http::problem(409, "legacy_not_on_admin",
                                "The admin door takes TLS 1.2 and 1.3 only, whatever clients there are.");
    }
    const Choose choose = [on](DoorChoices& choices) { choices.legacy_tls = on; };
    const Json detail{{"interface", config::name(interface)}, {"after", on}};
    const Note entry{.action = "settings.legacy_tls", .detail = detail.dump()};
    auto refusal = co_await carry_out(services, request, interface, &choose, &entry);
    if (refusal) co_return std::move(*refusal);
    co_return legacy_response(services);
}

http::Judged<Interface> read_interface(const http::Request& request) {
    return http::read_json<Interface>(request, [](http::JsonObject& body, Interface& interface) {
        body.choice("interface", interface, {{"clean", Interface::clean}, {"admin", Interface::admin}});
    });
}

http::Later enable_legacy(const Services& services, const http::Request& request) {
    const auto interface = read_interface(request);
    if (!interface) co_return http::problem(interface.error());
    co_return co_await switch_legacy(services, request, *interface, true);
}

http::Later disable_legacy(const Services& services, const http::Request& request) {
    const auto query = http::Query::parse(request.query);
    if (!query) co_return http::problem(query.error());
    if (const auto known = query->only({"interface"}); !known) co_return http::problem(known.error());
    const auto asked = query->one("interface");
    if (!asked) co_return http::problem(asked.error());
    for (const auto interface : config::interfaces) {
        if (*asked != nullptr && **asked == config::name(interface))
            co_return co_await switch_legacy(services, request, interface, false);
    }
    co_return http::problem(422, "bad_parameter", "interface is clean or admin.");
}

}  // namespace

void add_interface_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    const std::string door = "/api/v1/interfaces/{interface}";
    const std::string legacy = "/api/v1/tls/legacy";
    routes.push_back({Method::get, "/api/v1/interfaces", Access::read, 0, with(services, list_interfaces)});
    if (services.archive == nullptr) return;
    routes.push_back({Method::put, door + "/hostname", Access::operate, most_json_bytes, with(services, set_hostname)});
    routes.push_back({Method::put, door + "/tls", Access::operate, most_json_bytes, with(services, set_policy)});
    routes.push_back({Method::get, legacy, Access::console, 0, with(services, show_legacy)});
    routes.push_back({Method::put, legacy, Access::console, most_json_bytes, with(services, enable_legacy)});
    routes.push_back({Method::delete_, legacy, Access::console, 0, with(services, disable_legacy)});
}

}  // namespace gatehouse::admin
