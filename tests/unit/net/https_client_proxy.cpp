#include "server/net/https_client.hpp"
#include "tests/unit/net/https_calls.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace https_client_proxy_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
using net::CallStep;
using net::HttpsRequest;

namespace {

struct Proxied : Calling {
    Proxied() { believe(CloudKeys::get().authority); }
    TlsPeer peer{{.chain = {&CloudKeys::get().server}}, answering(ok("through"))};

    /// A request that goes through the proxy at that port.
    HttpsRequest by(std::uint16_t proxy, const std::string& host = "cloud.test") {
        lead_through({"127.0.0.1", proxy});
        return request(peer.port(), "/", host);
    }
    void lead_through(const config::ProxyAddress& proxy) {
        config::PerNetwork<config::NetworkSettings> by_file;
        by_file.dirty.proxy = proxy;
        networks.fix(by_file);
    }
    HttpsRequest straight() {
        lead_through({});
        return request(peer.port());
    }
    std::string there() const { return "127.0.0.1:" + std::to_string(peer.port()); }
};

}  // namespace

TEST_CASE("a proxy is told the checked address and never the name, and TLS goes to the name through it") {
    const ConnectProxy proxy;
    Proxied proxied;
    const auto outcome = proxied.explain(proxied.by(proxy.port()));
    INFO((outcome.response ? "" : outcome.response.error().text()));
    REQUIRE(outcome.response);
    CHECK(outcome.response->body == "through");
    CHECK(proxy.requests() == std::vector<std::string>{"CONNECT " + proxied.there() + " HTTP/1.1\r\nHost: " +
                                                       proxied.there() + "\r\nUser-Agent: Gatehouse\r\n\r\n"});
    CHECK(proxied.peer.names() == std::vector<std::string>{"cloud.test"});
    CHECK(outcome.steps.connected->text() == proxied.there());
    CHECK(outcome.steps.proxy->text() == "127.0.0.1:" + std::to_string(proxy.port()));
    CHECK(outcome.steps.tls.trusted);
}

TEST_CASE("a connection through a proxy is used again through the same proxy, and by nobody else") {
    const ConnectProxy proxy;
    const ConnectProxy other;
    Proxied proxied;
    CHECK(proxied.words(proxied.by(proxy.port())) == "through");
    CHECK(proxied.words(proxied.by(proxy.port())) == "through");
    CHECK(proxied.peer.accepted() == 1);
    CHECK(proxied.words(proxied.by(other.port())) == "through");
    CHECK(proxied.words(proxied.straight()) == "through");
    CHECK(proxied.peer.accepted() == 3);
    CHECK(proxy.requests().size() == 1);
}

TEST_CASE("a proxy that refuses is told with its status, and asked once") {
    Proxied proxied;
    const ConnectProxy refusing("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 9\r\n\r\nlog in!\r\n");
    const auto outcome = proxied.explain(proxied.by(refusing.port()));
    REQUIRE_FALSE(outcome.response);
    CHECK(outcome.steps.step == CallStep::proxy);
    CHECK(outcome.response.error().code == "proxy_refused");
    CHECK(outcome.response.error().text() == "The proxy 127.0.0.1:" + std::to_string(refusing.port()) +
                                                 " did not connect to " + proxied.there() +
                                                 ": 407 Proxy Authentication Required. It wants a user and a password, "
                                                 "and none can be set here: have it let "
                                                 "this machine through without, by its address.");
    CHECK(refusing.requests().size() == 1);
    CHECK(proxied.peer.accepted() == 0);
}

TEST_CASE("a proxy that cannot connect, answers nonsense, says too much, closes or is silent is told as such") {
    Proxied proxied;
    const ConnectProxy real;
    HttpsRequest nobody = proxied.by(real.port());
    nobody.url.port = free_port();
    CHECK(proxied.code(std::move(nobody)) == "proxy_unreachable");
    const ConnectProxy mail("220 mail.test ESMTP\r\n");
    CHECK(proxied.code(proxied.by(mail.port())) == "proxy_garbled");
    const ConnectProxy eager("HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03");
    CHECK(proxied.code(proxied.by(eager.port())) == "proxy_garbled");
    Listening closing([](int) {});
    CHECK(proxied.code(proxied.by(closing.port())) == "proxy_garbled");
    Listening silent([](int socket) { wait_for_end(socket); });
    HttpsRequest waiting = proxied.by(silent.port());
    waiting.deadlines.proxy = std::chrono::milliseconds(200);
    CHECK(proxied.code(std::move(waiting)) == "proxy_timeout");
    const auto refused = proxied.call(proxied.by(free_port()));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "connect_failed");
    CHECK(refused.error().message.starts_with("The proxy 127.0.0.1 was not reached: 127.0.0.1:"));
}

TEST_CASE("no proxy is asked to connect to an address that may not be called") {
    const ConnectProxy proxy;
    Proxied proxied;
    CHECK(proxied.code(proxied.by(proxy.port(), "link.test")) == "address_forbidden");
    CHECK(proxied.code(proxied.by(proxy.port(), "169.254.169.254")) == "address_forbidden");
    CHECK(proxy.requests().empty());
}

TEST_CASE("a server behind a proxy is verified like any other") {
    const ConnectProxy proxy;
    Proxied proxied;
    const auto refused = proxied.call(proxied.by(proxy.port(), "other.test"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "certificate_name_mismatch");
    proxied.believe_no_more(CloudKeys::get().authority);
    CHECK(proxied.code(proxied.by(proxy.port())) == "untrusted_issuer");
}

}  // namespace https_client_proxy_test
