#include "server/net/dial.hpp"

#include "tests/unit/net/dns_servers.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace dial_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
using net::Address;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::steady_clock;

namespace {

Address at(const std::string& text) {
    return Address::parse(text).value();
}

base::Result<void> allow(const Address& /*address*/) {
    return {};
}

net::Dialling patiently(net::AddressPolicy policy = allow) {
    net::Dialling how;
    how.policy = std::move(policy);
    how.until = steady_clock::now() + minutes(30);
    how.for_one_address = minutes(30);
    return how;
}

// Listens on an address and a port of loopback; 0: any port.
struct Listener {
    Listener(const std::string& address, std::uint16_t port, int backlog) {
        sockaddr_in where = tests::loopback(port);
        const Address wanted = at(address);
        std::copy(wanted.bytes().begin(), wanted.bytes().end(), reinterpret_cast<std::uint8_t*>(&where.sin_addr));
        tests::require(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0, "bind");
        tests::require(::listen(socket.get(), backlog) == 0, "listen");
    }
    [[nodiscard]] std::uint16_t port() const { return tests::port_of(socket); }
    base::Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
};

// An address at which the kernel answers nobody: the queue of those who wait to be accepted is full.
struct Dead {
    Dead(const std::string& address, std::uint16_t port) : listener(address, port, 0) {
        sockaddr_in where = tests::loopback(listener.port());
        const Address wanted = at(address);
        std::copy(wanted.bytes().begin(), wanted.bytes().end(), reinterpret_cast<std::uint8_t*>(&where.sin_addr));
        for (base::Descriptor& one : waiting) {
            one = base::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            (void)::connect(one.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where);
        }
    }
    Listener listener;
    std::array<base::Descriptor, 4> waiting;
};

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

base::Result<net::PatientSocketPtr> dial(Loop& loop, const std::vector<std::string>& addresses, std::uint16_t port,
                                         net::Dialling how) {
    std::vector<Address> parsed;
    std::transform(addresses.begin(), addresses.end(), std::back_inserter(parsed), at);
    return loop.await(net::dial(parsed, port, std::move(how)));
}

}  // namespace

TEST_CASE("an address that is silent holds up no call: the next one is tried beside it, and the loser is closed") {
    const Listener alive("127.0.0.1", 0, 8);
    const Dead dead("127.0.0.2", alive.port());
    Loop loop;
    {  // what the loop itself opens at its first use
        const auto connected = dial(loop, {"127.0.0.1"}, alive.port(), patiently());
        REQUIRE(connected);
    }
    const std::size_t before = open_descriptors();
    const auto connected = dial(loop, {"127.0.0.2", "127.0.0.1"}, alive.port(), patiently());
    REQUIRE(connected);
    CHECK((*connected)->server().address.text() == "127.0.0.1");
    CHECK(open_descriptors() == before + 1);
}

TEST_CASE("the first address that accepts is taken, and those behind it are not called") {
    const Listener first("127.0.0.1", 0, 8);
    std::vector<std::string> judged;
    const net::AddressPolicy noting = [&](const Address& address) -> base::Result<void> {
        judged.push_back(address.text());
        return {};
    };
    Loop loop;
    const auto connected = dial(loop, {"127.0.0.3", "127.0.0.1", "127.0.0.4"}, first.port(), patiently(noting));
    REQUIRE(connected);
    CHECK(judged == std::vector<std::string>{"127.0.0.3", "127.0.0.1", "127.0.0.1"});
}

TEST_CASE("what befell each address is told, and one that was not called only where none was") {
    const Listener alive("127.0.0.1", 0, 8);
    const std::string port = std::to_string(alive.port());
    const Dead dead("127.0.0.2", alive.port());
    const net::AddressPolicy not_four = [](const Address& address) -> base::Result<void> {
        if (address.text() != "127.0.0.4") return {};
        return base::fail(base::ErrorKind::denied, "address_forbidden", "127.0.0.4 is forbidden.");
    };
    Loop loop;
    net::Dialling how = patiently(not_four);
    how.for_one_address = milliseconds(400);
    const auto none = dial(loop, {"127.0.0.4", "127.0.0.2", "127.0.0.3"}, alive.port(), how);
    REQUIRE_FALSE(none);
    CHECK(none.error().code == "connect_failed");
    CHECK(none.error().message == "127.0.0.2:" + port + " could not be connected to: no answer; 127.0.0.3:" + port +
                                      " could not be connected to: Connection refused.");
    const auto forbidden = dial(loop, {"127.0.0.4"}, alive.port(), how);
    REQUIRE_FALSE(forbidden);
    CHECK(forbidden.error().code == "address_forbidden");
    how.until = steady_clock::now() + milliseconds(300);
    how.for_one_address = minutes(30);
    const auto late = dial(loop, {"127.0.0.2"}, alive.port(), how);
    REQUIRE_FALSE(late);
    CHECK(late.error().message == "127.0.0.2:" + port + " could not be connected to: no answer.");
    how.until = steady_clock::now();
    CHECK(dial(loop, {"127.0.0.1"}, alive.port(), how).error().code == "connect_failed");
}

TEST_CASE("a connected address that the policy forbids after all is given up, and the next one is tried") {
    const Listener alive("127.0.0.1", 0, 8);
    const Listener other("127.0.0.2", alive.port(), 8);
    int asked = 0;
    const net::AddressPolicy second_time_no = [&](const Address& address) -> base::Result<void> {
        if (++asked != 2) return {};
        return base::fail(base::ErrorKind::denied, "address_forbidden", address.text() + " is forbidden.");
    };
    Loop loop;
    const auto connected = dial(loop, {"127.0.0.1", "127.0.0.2"}, alive.port(), patiently(second_time_no));
    REQUIRE(connected);
    CHECK((*connected)->server().address.text() == "127.0.0.2");
}

TEST_CASE("a try that breaks a promise has failed, and the next address is tried") {
    const Listener alive("127.0.0.1", 0, 8);
    const net::AddressPolicy throwing = [](const Address& address) -> base::Result<void> {
        if (address.text() == "127.0.0.9") throw std::runtime_error("a broken promise");
        return {};
    };
    Loop loop;
    const auto connected = dial(loop, {"127.0.0.9", "127.0.0.1"}, alive.port(), patiently(throwing));
    REQUIRE(connected);
    CHECK((*connected)->server().address.text() == "127.0.0.1");
    const auto none = dial(loop, {"127.0.0.9"}, alive.port(), patiently(throwing));
    REQUIRE_FALSE(none);
    CHECK(none.error().code == "broken_promise");
}

TEST_CASE("the families of a name take turns, and an address of ours reaches its own family only") {
    const Dnsmasq dns("192.0.2.1 two.test\n192.0.2.2 two.test\n2001:db8::1 two.test\n2001:db8::2 two.test\n");
    Loop loop;
    net::Resolver resolver(loop.io.get_executor());
    resolver.configure({{dns.endpoint()}, {}});
    const auto texts = [&](const net::Origin& origin) {
        const auto found =
            loop.await(net::addresses_to_dial(resolver, "two.test", origin, steady_clock::now() + minutes(1)));
        REQUIRE(found);
        std::vector<bool> ipv4;
        std::transform(found->begin(), found->end(), std::back_inserter(ipv4),
                       [](const Address& one) { return one.is_ipv4(); });
        return ipv4;
    };
    CHECK(texts({}) == std::vector<bool>{true, false, true, false});
    net::Origin origin;
    origin.source = at("192.0.2.7");
    CHECK(texts(origin) == std::vector<bool>{true, true});
    origin.source = at("2001:db8::7");
    CHECK(texts(origin) == std::vector<bool>{false, false});
}

}  // namespace dial_test
