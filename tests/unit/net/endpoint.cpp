#include "server/net/endpoint.hpp"

#include "server/net/address.hpp"
#include "server/net/host_name.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace endpoint_test {

using namespace gatehouse;

TEST_CASE("an endpoint reads as its address with its port, an IPv6 one in brackets") {
    CHECK(net::endpoint({"192.0.2.1", 53}).text() == "192.0.2.1:53");
    CHECK(net::endpoint({"2001:db8::1", 5353}).text() == "[2001:db8::1]:5353");
}

TEST_CASE("a host name is taken in lower case, without the dot at its end, with underscores") {
    CHECK(net::host_name("GW.Example").value() == "gw.example");
    CHECK(net::host_name("gw.example.").value() == "gw.example");
    CHECK(net::host_name("_sip.my_host.example").value() == "_sip.my_host.example");
    CHECK(net::host_name("192.0.2.1").value() == "192.0.2.1");
    CHECK(net::host_name("2001:db8::1").value() == "2001:db8::1");
}

TEST_CASE("what cannot be a host name is refused before anybody is asked") {
    using namespace std::string_literals;
    for (const std::string& text :
         {""s, "."s, "a..b"s, "a b"s, "a/b"s, "b\xc3\xbc"s, "-a"s, "127.1"s, "0x7f.0.0.1"s, "1.2.3.256"s, "a\0b"s,
          std::string(64, 'a'), std::string(300, 'a'), "[::1]"s, "fe80::1%eth0"s, "a.example.."s, "a\\.b"s}) {
        CAPTURE(text);
        const auto name = net::host_name(text);
        REQUIRE_FALSE(name);
        CHECK(name.error().kind == base::ErrorKind::input);
        CHECK(name.error().code == "name_invalid");
    }
}

TEST_CASE("localhost and what is below it means this machine, names that only look like it do not") {
    CHECK(net::is_localhost("localhost"));
    CHECK(net::is_localhost("a.localhost"));
    CHECK_FALSE(net::is_localhost("alocalhost"));
    CHECK_FALSE(net::is_localhost("localhost.example"));
}

}  // namespace endpoint_test
