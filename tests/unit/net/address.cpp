#include "server/net/address.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/un.h>
#include <unordered_set>

namespace net_address_test {

using gatehouse::net::Address;
using gatehouse::net::AddressHash;

namespace {

template <class SocketAddress>
Address of(const SocketAddress& from) {
    sockaddr_storage storage{};
    std::memcpy(&storage, &from, sizeof from);
    return Address::of(storage);
}

Address ipv4(const char* text, in_port_t port = 0) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = port;
    REQUIRE(inet_pton(AF_INET, text, &address.sin_addr) == 1);
    return of(address);
}

Address ipv6(const char* text, in_port_t port = 0, std::uint32_t scope = 0) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = port;
    address.sin6_scope_id = scope;
    REQUIRE(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
    return of(address);
}

}  // namespace

TEST_CASE("an address is printed without port and brackets") {
    CHECK(ipv4("192.0.2.1", 443).text() == "192.0.2.1");
    CHECK(ipv4("0.0.0.0").text() == "0.0.0.0");
    CHECK(ipv4("255.255.255.255").text() == "255.255.255.255");
    CHECK(ipv6("2001:db8::1", 443).text() == "2001:db8::1");
    CHECK(ipv6("::").text() == "::");
    CHECK(ipv6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").text() == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST_CASE("the same client is the same address, whatever its port and the socket it came to") {
    CHECK(ipv4("192.0.2.1", 1000) == ipv4("192.0.2.1", 2000));
    CHECK(ipv4("192.0.2.1") == ipv6("::ffff:192.0.2.1"));
    CHECK(ipv6("::ffff:192.0.2.1").text() == "192.0.2.1");
    CHECK(ipv4("192.0.2.1").hash() == ipv6("::ffff:192.0.2.1").hash());
    CHECK(ipv6("fe80::1", 0, 1) == ipv6("fe80::1", 0, 2));
}

TEST_CASE("different clients are different addresses") {
    CHECK_FALSE(ipv4("192.0.2.1") == ipv4("192.0.2.2"));
    CHECK_FALSE(ipv6("2001:db8::1") == ipv6("2001:db8::2"));
    // Only ::ffff:0:0/96 is IPv4; other addresses that hold the same four bytes are not.
    CHECK_FALSE(ipv6("::192.0.2.1") == ipv4("192.0.2.1"));
    CHECK_FALSE(ipv6("64:ff9b::192.0.2.1") == ipv4("192.0.2.1"));
    CHECK_FALSE(ipv6("c000:201::") == ipv4("192.0.2.1"));
    CHECK_FALSE(ipv4("0.0.0.0") == ipv6("::"));
    CHECK_FALSE(ipv4("0.0.0.0") == Address());
}

TEST_CASE("addresses serve as keys") {
    std::unordered_set<Address, AddressHash> seen;
    for (int i = 0; i < 250; ++i) {
        seen.insert(ipv4(("192.0.2." + std::to_string(i)).c_str()));
        seen.insert(ipv6(("2001:db8::" + std::to_string(i)).c_str()));
    }
    CHECK(seen.size() == 500);
    CHECK(seen.contains(ipv6("::ffff:192.0.2.7")));
}

TEST_CASE("the site of an IPv6 address is its first 48 bits, that of an IPv4 one itself") {
    CHECK(ipv6("2001:db8:1:2:3:4:5:6").site() == ipv6("2001:db8:1::"));
    CHECK(ipv6("2001:db8:1:2::1").site() == ipv6("2001:db8:1:ffff::1").site());
    CHECK_FALSE(ipv6("2001:db8:1::1").site() == ipv6("2001:db8:2::1").site());
    CHECK(ipv4("192.0.2.77").site() == ipv4("192.0.2.77"));
    CHECK(Address().site() == Address());
}

TEST_CASE("the network of an IPv6 address is its first 64 bits, that of an IPv4 one itself") {
    CHECK(ipv6("2001:db8:1:2:3:4:5:6").network() == ipv6("2001:db8:1:2::"));
    CHECK(ipv6("2001:db8:1:2:ffff:ffff:ffff:ffff").network() == ipv6("2001:db8:1:2::1").network());
    CHECK_FALSE(ipv6("2001:db8:1:2::1").network() == ipv6("2001:db8:1:3::1").network());
    CHECK(ipv4("192.0.2.77").network() == ipv4("192.0.2.77"));
    CHECK(ipv6("::ffff:192.0.2.77").network().text() == "192.0.2.77");
    CHECK(Address().network() == Address());
}

TEST_CASE("what is no internet address is the unspecified one, which has no text") {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    std::strcpy(local.sun_path, "/run/socket");
    CHECK(of(local) == Address());
    CHECK(Address::of(sockaddr_storage{}) == Address());
    CHECK(Address().text().empty());
    CHECK(Address().hash() == Address().hash());
}

TEST_CASE("addresses are read from text, and an IPv4-mapped one is the IPv4 one") {
    CHECK(Address::parse("192.0.2.1").value().text() == "192.0.2.1");
    CHECK(Address::parse("2001:DB8:0::1").value().text() == "2001:db8::1");
    CHECK(Address::parse("::ffff:192.0.2.1") == Address::parse("192.0.2.1"));
    CHECK(Address::parse("192.0.2.1").value().is_ipv4());
    CHECK_FALSE(Address::parse("::1").value().is_ipv4());
    using namespace std::string_literals;
    for (const std::string& text : {""s, "192.0.2"s, "192.0.2.256"s, "0x7f.0.0.1"s, "[::1]"s, "fe80::1%eth0"s, "::1 "s,
                                    "192.0.2.1\0"s, "192.0.2.1:53"s}) {
        CAPTURE(text);
        CHECK_FALSE(Address::parse(text));
    }
}

}  // namespace net_address_test
