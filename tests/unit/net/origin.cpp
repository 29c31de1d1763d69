#include "server/net/origin.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace net_origin_test {

using namespace gatehouse;
using net::Address;
using net::Origin;

TEST_CASE("a source is an address, an interface, or nothing, and is written as it was read") {
    CHECK(net::parse_origin("").value() == Origin{});
    CHECK(net::parse_origin("192.0.2.1").value() == Origin{Address::parse("192.0.2.1").value(), ""});
    CHECK(net::parse_origin("2001:DB8::1").value() == Origin{Address::parse("2001:db8::1").value(), ""});
    CHECK(net::parse_origin("eth0.100").value() == Origin{Address(), "eth0.100"});
    for (const std::string text : {"", "192.0.2.1", "2001:db8::1", "eth0", "br-lan_1@x"})
        CHECK(net::text_of(net::parse_origin(text).value()) == text);
}

TEST_CASE("what is neither an address nor the name of an interface is refused") {
    for (const std::string& text :
         {std::string("[::1]"), std::string("192.0.2.1:53"), std::string("eth0/1"), std::string("eth 0"),
          std::string("eth0\n"), std::string("eth0\0", 5), std::string("."), std::string(".."), std::string(16, 'a'),
          std::string("\xc3\xa4")}) {
        CAPTURE(text);
        const auto origin = net::parse_origin(text);
        REQUIRE_FALSE(origin);
        CHECK(origin.error().code == "source_invalid");
        CHECK(origin.error().kind == base::ErrorKind::input);
    }
    CHECK(net::parse_origin(std::string(15, 'a')));
}

TEST_CASE("whether this machine has a source is known, and what it has is told") {
    CHECK(net::check_present({}));
    CHECK(net::check_present(net::parse_origin("lo").value()));
    CHECK(net::check_present(net::parse_origin("127.0.0.1").value()));
    const auto device = net::check_present(net::parse_origin("nosuch0").value());
    REQUIRE_FALSE(device);
    CHECK(device.error().code == "source_unknown");
    CHECK(device.error().advice.find("lo") != std::string::npos);
    const auto address = net::check_present(net::parse_origin("192.0.2.77").value());
    REQUIRE_FALSE(address);
    CHECK(address.error().code == "source_unknown");
    CHECK(address.error().message.find("192.0.2.77") != std::string::npos);
}

}  // namespace net_origin_test
