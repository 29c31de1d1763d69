#include "server/net/listen.hpp"

#include "server/net/port_owner.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace listen_test {

using namespace gatehouse;

namespace {

// A port that was free a moment ago, below the ones the kernel gives away.
std::uint16_t free_port() {
    for (std::uint16_t port = 21000; port < 32000; ++port) {
        if (net::listen({"127.0.0.1", port}, true, 1)) return port;
    }
    FAIL("no free port");
    return 0;
}

int family_of(int socket) {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0);
    return own.ss_family;
}

bool answers(const char* host, std::uint16_t port) {
    base::Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = std::strcmp(host, "127.0.0.1") == 0 ? htonl(INADDR_LOOPBACK) : 0;
    return ::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
}

}  // namespace

TEST_CASE("each worker gets a socket of its own on the same port") {
    const std::uint16_t port = free_port();
    const auto sockets = net::listen({"127.0.0.1", port}, true, 3);
    REQUIRE(sockets);
    CHECK(sockets->size() == 3);
    CHECK(answers("127.0.0.1", port));
}

TEST_CASE("a port that somebody listens on is refused, although both would share it, and the error says who") {
    const std::uint16_t port = free_port();
    const auto first = net::listen({"127.0.0.1", port}, true, 1);
    REQUIRE(first);
    const auto second = net::listen({"127.0.0.1", port}, true, 1);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == "address_in_use");
    CHECK(second.error().message.find("(pid " + std::to_string(getpid()) + ")") != std::string::npos);
    CHECK(second.error().message.find(std::to_string(port)) != std::string::npos);
}

TEST_CASE("[::] takes IPv4 too unless 0.0.0.0 with that port is listed") {
    const std::uint16_t port = free_port();
    const config::ListenAddress any6{"::", port};
    CHECK(net::takes_ipv4(any6, {any6}));
    CHECK_FALSE(net::takes_ipv4(any6, {any6, {"0.0.0.0", port}}));
    CHECK(net::takes_ipv4(any6, {any6, {"0.0.0.0", 1}}));
    const auto sockets = net::listen(any6, true, 1);
    REQUIRE(sockets);
    CHECK(answers("127.0.0.1", port));
}

TEST_CASE("[::] and 0.0.0.0 of the same port can be listened on side by side") {
    const std::uint16_t port = free_port();
    const auto v6 = net::listen({"::", port}, false, 1);
    REQUIRE(v6);
    if (family_of(v6->front().get()) != AF_INET6) return;  // a machine without IPv6: [::] means 0.0.0.0 there
    const auto v4 = net::listen({"0.0.0.0", port}, true, 1);
    CHECK(v4.has_value());
}

TEST_CASE("an address that is not the machine's is refused by name") {
    const auto sockets = net::listen({"192.0.2.77", 21000}, true, 1);
    REQUIRE_FALSE(sockets);
    CHECK(sockets.error().code == "address_unavailable");
    CHECK(sockets.error().message.find("192.0.2.77:21000") != std::string::npos);
}

TEST_CASE("a port nobody listens on has no owner") {
    CHECK(net::port_owner(free_port()).empty());
}

}  // namespace listen_test
