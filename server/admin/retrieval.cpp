#include "server/admin/retrieval.hpp"

#include "certstore/pem.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/authorities.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/json_body.hpp"
#include "server/net/tls_probe.hpp"

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

using config::Network;
using std::chrono::steady_clock;

// ---- retrieving

struct Destination {
    std::string host;
    std::uint16_t port = 443;
    Network network = Network::dirty;

    [[nodiscard]] std::string text() const {
        const bool is_ipv6 = host.find(':') != std::string::npos;
        return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    }
};

http::Judged<Destination> read_destination(const http::Request& request) {
    return http::read_json<Destination>(request, [](http::JsonObject& body, Destination& destination) {
        std::optional<std::uint16_t> port;
        std::optional<Network> network;
        body.text("host", destination.host, {.least = 1, .most = 253});
        body.whole("port", port, 1, 65535);
        body.choice("network", network, {{"clean", Network::clean}, {"dirty", Network::dirty}});
        destination.port = port.value_or(destination.port);
        destination.network = network.value_or(destination.network);
    });
}

// Whatever comes of calling a server is the fault of what was asked for, so that it can be said: a 5xx tells nothing.
http::Response failure(const base::Error& error) {
    using base::ErrorKind;
    const bool is_ours = error.kind == ErrorKind::io || error.kind == ErrorKind::internal || error.code == "busy";
    if (is_ours) return http::problem(error);
    std::optional<std::string> pointer;
    if (error.code.starts_with("name_") || error.code == "address_forbidden") pointer = "/host";
    if (error.code == "not_tls") pointer = "/port";
    return http::problem(http::Refusal{422, error.code, error.text(), pointer});
}

base::Result<Retrieval> retrieval_of(const Destination& destination, const net::PresentedChain& chain) {
    Retrieval retrieval{destination.text(), {}};
    for (const certstore::CertificatePtr& certificate : *chain) {
        auto pem = certstore::to_pem(certificate.get());
        if (!pem) return base::fail(pem.error());
        retrieval.chain.push_back({certstore::sha256_hex(certificate.get()), std::move(*pem)});
    }
    return retrieval;
}

// What the answer says besides the chain.
struct Seen {
    std::string id;
    std::string address;
    std::string tls_version;
    bool believed = false;
};

http::Response retrieved_response(const Destination& destination, const Seen& seen, const net::PresentedChain& chain) {
    Json certificates = Json::array();
    for (const certstore::CertificatePtr& certificate : *chain)
        certificates.push_back(certificate_shape(certstore::describe(certificate.get()), std::time(nullptr)));
    return json_response({{"retrieval_id", seen.id},
                          {"host", destination.host},
                          {"port", destination.port},
                          {"network", config::name(destination.network)},
                          {"address", seen.address},
                          {"tls_version", seen.tls_version},
                          {"chain", std::move(certificates)},
                          {"trusted", seen.believed}});
}

boost::asio::awaitable<base::Result<net::Presented>> look(const Services& services, const Destination& destination) {
    net::WayOut way = services.networks.way_out(destination.network);
    net::AddressPolicy policy = net::refuse_forbidden;
    net::TlsProbe probe(std::move(way), std::move(policy));
    co_return co_await probe.look(destination.host, destination.port);
}

http::Later retrieve(const Services& services, const http::Request& request) {
    const auto destination = read_destination(request);
    if (!destination) co_return http::problem(destination.error());
    const std::string owner = prober_of(request);
    if (const auto wait = services.retrievals.begin(owner, steady_clock::now()); wait.count() > 0) {
        co_return too_many(wait);
    }
    auto presented = co_await look(services, *destination);
    Note entry{.action = "authority.retrieved",
               .object = destination->text(),
               .refusal = presented ? "" : presented.error().code};
    co_await note(services, request, std::move(entry));
    if (!presented) co_return failure(presented.error());
    const auto chain = std::make_shared<const std::vector<certstore::CertificatePtr>>(std::move(presented->chain));
    const auto believed = co_await services.trust.believes(chain);
    if (!believed) co_return http::problem(believed.error());
    auto retrieval = retrieval_of(*destination, chain);
    if (!retrieval) co_return http::problem(retrieval.error());
    Seen seen;
    seen.id = services.retrievals.keep(owner, std::move(*retrieval), steady_clock::now());
    seen.address = presented->address.text();
    seen.tls_version = presented->tls_version;
    seen.believed = *believed;
    co_return retrieved_response(*destination, seen, chain);
}

// ---- importing

struct Choice {
    std::string retrieval_id;
    std::vector<std::string> fingerprints;
};

http::Judged<Choice> read_choice(const http::Request& request) {
    return http::read_json<Choice>(request, [](http::JsonObject& body, Choice& choice) {
        body.text("retrieval_id", choice.retrieval_id, {.least = 1, .most = 64});
        body.texts("fingerprints", choice.fingerprints, {.least = 1, .most = 20}, {.least = 64, .most = 64});
    });
}

// The chosen certificates in the order in which they were chosen, each once.
http::Judged<std::string> chosen_pem(const Retrieval& retrieval, const std::vector<std::string>& fingerprints) {
    std::string pem;
    for (std::size_t i = 0; i < fingerprints.size(); ++i) {
        const auto link = std::find_if(retrieval.chain.begin(), retrieval.chain.end(),
                                       [&](const auto& one) { return one.fingerprint_sha256 == fingerprints[i]; });
        if (link == retrieval.chain.end()) {
            return tl::unexpected(http::Refusal{422, "bad_value", retrieval.server + " presented no such certificate.",
                                                "/fingerprints/" + std::to_string(i)});
        }
        if (std::find(fingerprints.begin(), fingerprints.begin() + static_cast<std::ptrdiff_t>(i), fingerprints[i]) ==
            fingerprints.begin() + static_cast<std::ptrdiff_t>(i)) {
            pem += link->pem;
        }
    }
    return pem;
}

http::Later import_chosen(const Services& services, const http::Request& request) {
    const auto choice = read_choice(request);
    if (!choice) co_return http::problem(choice.error());
    const auto retrieval = services.retrievals.find(prober_of(request), choice->retrieval_id, steady_clock::now());
    if (!retrieval) {
        co_return http::problem(404, "retrieval_gone",
                                "What was retrieved is kept for ten minutes; retrieve it again.");
    }
    auto pem = chosen_pem(*retrieval, choice->fingerprints);
    if (!pem) co_return http::problem(pem.error());
    std::string from = retrieval->server;
    co_return co_await add_anchors(services, request, std::move(*pem), std::move(from));
}

}  // namespace

std::string prober_of(const http::Request& request) {
    const http::Caller& caller = *request.caller;
    return caller.means + ":" + (caller.means == by_token ? caller.id : caller.name);
}

void add_retrieval_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back(
        {Method::post, "/api/v1/authorities/retrieve", Access::operate, most_json_bytes, with(services, retrieve)});
    routes.push_back(
        {Method::post, "/api/v1/authorities/import", Access::operate, most_json_bytes, with(services, import_chosen)});
}

}  // namespace gatehouse::admin
