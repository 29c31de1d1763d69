// The outbound client as the appliance has it, with names of the test's own and a policy that lets 127.0.0.1 through.
#pragma once

#include "server/net/https_client.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/net/dns_servers.hpp"
#include "tests/unit/net/https_peers.hpp"
#include "tests/unit/net/loop.hpp"

#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::net::testing {

/// As in production, but for the one address at which the tests' servers are.
inline base::Result<void> loopback_allowed(const Address& address) {
    if (address == Address::parse("127.0.0.1")) return {};
    return refuse_forbidden(address);
}

/// An authority and a server's certificate for cloud.test, made once.
struct CloudKeys {
    certstore::testing::Made authority = certstore::testing::make(authority_wish("Private CA"));
    certstore::testing::Made server = certstore::testing::make(server_wish("DNS:cloud.test,IP:127.0.0.1"), &authority);
    static const CloudKeys& get() {
        static const CloudKeys made;
        return made;
    }
};

struct Calling {
    explicit Calling(const ConnectionLimits& limits = {}, const AddressPolicy& policy = loopback_allowed)
        : client(std::make_unique<HttpsClient>(loop.io.get_executor(), networks, trust, policy, limits)) {
        REQUIRE(trust.load());
        Networks::Settings settings;
        settings.dirty.servers = {dns.endpoint()};
        networks.choose(settings);
    }

    tests::Folder folder;
    base::SystemFiles files;
    Dnsmasq dns{"127.0.0.1 cloud.test\n127.0.0.1 other.test\n169.254.1.1 link.test\n"};
    Loop loop;
    Networks networks;
    Trust trust{files, folder.path()};
    std::unique_ptr<HttpsClient> client;  // by itself, so that what is used after it went is seen

    void believe(const certstore::testing::Made& made) {
        const auto added = loop.await(trust.add(made.pem()));
        REQUIRE(added);
        REQUIRE(added->refused.empty());
    }
    void believe_no_more(const certstore::testing::Made& made) {
        REQUIRE(loop.await(trust.remove(certstore::sha256_hex(made.certificate.get()))));
    }

    static HttpsRequest request(std::uint16_t port, const std::string& target = "/",
                                const std::string& host = "cloud.test") {
        HttpsRequest made;
        made.url = {host, port, target};
        return made;
    }
    base::Result<HttpsResponse> call(HttpsRequest asked) { return loop.await(client->call(std::move(asked))); }
    CallOutcome explain(HttpsRequest asked) { return loop.await(client->explain(std::move(asked))); }
    /// The answer's body, or the error as a person reads it.
    std::string words(HttpsRequest asked) {
        const auto response = call(std::move(asked));
        return response ? response->body : response.error().text();
    }
    /// "" where there is an answer.
    std::string code(HttpsRequest asked) {
        const auto response = call(std::move(asked));
        return response ? "" : response.error().code;
    }
};

}  // namespace gatehouse::net::testing
