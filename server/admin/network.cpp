#include "server/admin/network.hpp"

#include "config/address.hpp"
#include "records/settings.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/retrieval.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/json_body.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

using config::Network;
using net::Networks;

constexpr std::size_t most_servers = 8;
constexpr std::size_t longest_text = 64;
constexpr const char* setting = "network";

// ---- as JSON and back

Json server_shape(const net::Endpoint& server) {
    return server.port == config::dns_port ? server.address.text() : server.text();
}

Json settings_shape(const Networks::Settings& settings) {
    Json shape;
    for (const Network network : config::networks) {
        const std::string name(config::name(network));
        shape["dns"][name] = Json::array();
        for (const net::Endpoint& server : settings[network].servers)
            shape["dns"][name].push_back(server_shape(server));
    }
    for (const Network network : config::networks)
        shape["source"][std::string(config::name(network))] = net::text_of(settings[network].origin);
    return shape;
}

Json network_shape(const Networks::State& state) {
    Json shape = settings_shape(state.in_force);
    shape["fixed"] = Json::array();
    for (const Network network : config::networks) {
        const std::string name(config::name(network));
        if (state.fixed[network].servers) shape["fixed"].push_back("dns." + name);
        if (state.fixed[network].origin) shape["fixed"].push_back("source." + name);
    }
    return shape;
}

// As somebody wrote it.
struct Texts {
    config::PerNetwork<std::vector<std::string>> dns;
    std::optional<config::PerNetwork<std::string>> source;
};

http::Judged<Texts> read_texts(const http::Request& request) {
    return http::read_json<Texts>(request, [](http::JsonObject& body, Texts& texts) {
        body.object("dns", [&](http::JsonObject& dns) {
            for (const Network network : config::networks)
                dns.texts(config::name(network), texts.dns[network], {.most = most_servers}, {.most = longest_text});
        });
        config::PerNetwork<std::string> source;
        const bool given = body.optional_object("source", [&](http::JsonObject& object) {
            for (const Network network : config::networks)
                object.text(config::name(network), source[network], {.least = 0, .most = longest_text});
        });
        if (given) texts.source = std::move(source);
    });
}

std::string pointer_to(const char* member, Network network) {
    return std::string("/") + member + "/" + std::string(config::name(network));
}

tl::unexpected<http::Refusal> refuse(const base::Error& error, std::string pointer) {
    return tl::unexpected<http::Refusal>(http::Refusal{422, error.code, error.text(), std::move(pointer)});
}

// What the texts mean; where no source is said, `present` has it.
http::Judged<Networks::Settings> understand(const Texts& texts, const Networks::Settings& present) {
    Networks::Settings settings;
    for (const Network network : config::networks) {
        net::ResolverSettings& own = settings[network];
        own.origin = present[network].origin;
        if (texts.source) {
            const auto origin = net::parse_origin((*texts.source)[network]);
            if (!origin) return refuse(origin.error(), pointer_to("source", network));
            own.origin = *origin;
        }
        for (std::size_t i = 0; i < texts.dns[network].size(); ++i) {
            const std::string pointer = pointer_to("dns", network) + "/" + std::to_string(i);
            auto written = config::parse_dns_server(texts.dns[network][i]);
            if (!written) {
                written.error().message.insert(0, "The server ");
                return refuse(written.error(), pointer);
            }
            const net::Endpoint server = net::endpoint(*written);
            if (const auto usable = net::check({{server}, own.origin}); !usable) {
                return refuse(usable.error(), pointer);
            }
            own.servers.push_back(server);
        }
    }
    return settings;
}

// An interface that is away for a moment does not keep the rest from being changed.
http::Judged<void> check_sources(const Networks::Settings& wished, const Networks::Settings& present) {
    for (const Network network : config::networks) {
        if (wished[network].origin == present[network].origin) continue;
        const auto there = net::check_present(wished[network].origin);
        if (!there) return refuse(there.error(), pointer_to("source", network));
    }
    return {};
}

// ---- reading and changing

// What is kept of a wish: what the file fixes stays as it was chosen before. conflict/fixed_by_file where the wish says
// something else than the file.
base::Result<Networks::Settings> to_keep(const Networks::Settings& wished, const Networks::State& state) {
    Networks::Settings kept = wished;
    for (const Network network : config::networks) {
        const auto& fixed = state.fixed[network];
        const bool other_servers = fixed.servers && *fixed.servers != wished[network].servers;
        const bool other_origin = fixed.origin && *fixed.origin != wished[network].origin;
        if (other_servers || other_origin) {
            const std::string member =
                std::string("networks.") + std::string(config::name(network)) + (other_servers ? ".dns" : ".source");
            return base::fail(base::ErrorKind::conflict, "fixed_by_file",
                              "The configuration file sets " + member + "; change it there and reload.");
        }
        if (fixed.servers) kept[network].servers = state.chosen[network].servers;
        if (fixed.origin) kept[network].origin = state.chosen[network].origin;
    }
    return kept;
}

http::Response show_network(const Services& services, const http::Request& /*it has nothing to say*/) {
    return json_response(network_shape(services.networks.state()));
}

http::Later set_network(const Services& services, const http::Request& request) {
    const auto texts = read_texts(request);
    if (!texts) co_return http::problem(texts.error());
    const Networks::Settings present = services.networks.state().in_force;
    const auto wished = understand(*texts, present);
    if (!wished) co_return http::problem(wished.error());
    if (const auto there = check_sources(*wished, present); !there) co_return http::problem(there.error());
    // On the database's thread, so that of two who change it one comes after the other.
    const auto set = co_await services.archive->run([&](records::Database& database) -> base::Result<void> {
        const auto kept = to_keep(*wished, services.networks.state());
        if (!kept) return base::fail(kept.error());
        auto put = records::Settings(database).put(setting, settings_shape(*kept).dump(), records::now());
        if (put) services.networks.choose(*kept);
        return put;
    });
    Note entry{
        .action = "settings.network", .refusal = set ? "" : set.error().code, .detail = settings_shape(*wished).dump()};
    co_await note(services, request, std::move(entry));
    if (!set) co_return http::problem(set.error());
    co_return show_network(services, request);
}

// ---- trying it

struct Question {
    std::string name;
    Network network = Network::dirty;
};

http::Judged<Question> read_question(const http::Request& request) {
    return http::read_json<Question>(request, [](http::JsonObject& body, Question& question) {
        std::optional<Network> network;
        body.text("name", question.name, {.least = 1, .most = 253});
        body.choice("network", network, {{"clean", Network::clean}, {"dirty", Network::dirty}});
        question.network = network.value_or(Network::dirty);
    });
}

const char* result_of(const base::Error& error) {
    constexpr std::array<std::pair<std::string_view, const char*>, 4> results{{{"name_unknown", "not_found"},
                                                                               {"name_without_address", "not_found"},
                                                                               {"dns_refused", "refused"},
                                                                               {"dns_timeout", "timed_out"}}};
    const auto* found =
        std::find_if(results.begin(), results.end(), [&](const auto& one) { return one.first == error.code; });
    return found == results.end() ? "failed" : found->second;
}

Json lookup_shape(const Question& question, const base::Result<std::vector<net::Address>>& found,
                  std::chrono::milliseconds took) {
    Json addresses = Json::array();
    std::string message;
    if (found) {
        for (const net::Address& address : *found)
            addresses.push_back(address.text());
        message = found->size() == 1 ? "One address." : std::to_string(found->size()) + " addresses.";
    } else {
        message = found.error().text();
    }
    return {{"name", question.name},
            {"network", config::name(question.network)},
            {"result", found ? "found" : result_of(found.error())},
            {"addresses", std::move(addresses)},
            {"message", message},
            {"milliseconds", took.count()}};
}

http::Later look_up(const Services& services, const http::Request& request) {
    const auto question = read_question(request);
    if (!question) co_return http::problem(question.error());
    const auto began = std::chrono::steady_clock::now();
    // Whoever sets the servers can learn by look-ups what answers where: as slow as retrieving, and counted with it.
    if (const auto wait = services.retrievals.begin(prober_of(request), began); wait.count() > 0) {
        co_return too_many(wait);
    }
    const auto found = co_await services.networks.resolver(question->network).resolve(question->name);
    Note entry{.action = "network.looked_up", .object = question->name, .refusal = found ? "" : found.error().code};
    co_await note(services, request, std::move(entry));
    if (!found && found.error().kind == base::ErrorKind::input) {
        co_return http::problem(http::Refusal{422, found.error().code, found.error().text(), "/name"});
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    co_return json_response(lookup_shape(*question, found, took));
}

// The setting as it was put. Whatever else is there throws nlohmann's exceptions.
Texts texts_of(const Json& document) {
    Texts texts;
    texts.source.emplace();
    for (const Network network : config::networks) {
        const std::string name(config::name(network));
        texts.dns[network] = document.at("dns").at(name).get<std::vector<std::string>>();
        (*texts.source)[network] = document.at("source").at(name).get<std::string>();
    }
    return texts;
}

}  // namespace

void load_network(const Services& services, records::Database& database) {
    const auto damaged = [&](const std::string& why) {
        services.log.error("network.unusable", "The stored DNS servers cannot be used, so the system's are asked: " +
                                                   why + " Set them again.");
    };
    const auto stored = records::Settings(database).get(setting);
    if (!stored) return damaged(stored.error().text());
    if (!*stored) return;
    try {
        const auto settings = understand(texts_of(Json::parse(**stored)), Networks::Settings{});
        if (!settings) return damaged(settings.error().detail);
        services.networks.choose(*settings);
    } catch (const Json::exception& error) {
        damaged(std::string(error.what()) + ".");
    }
}

void add_network_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back({Method::get, "/api/v1/network", Access::read, 0, with(services, show_network)});
    routes.push_back(
        {Method::post, "/api/v1/network/lookup", Access::operate, most_json_bytes, with(services, look_up)});
    if (services.archive == nullptr) return;
    routes.push_back({Method::put, "/api/v1/network", Access::operate, most_json_bytes, with(services, set_network)});
}

}  // namespace gatehouse::admin
