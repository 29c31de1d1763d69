#include "config/address.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace config_address_test {

using namespace gatehouse;
using namespace std::string_literals;
using config::hostname_fault;
using config::parse_dns_server;
using config::parse_listen_address;
using config::source_fault;

namespace {

// As it is written, or "" where it was refused.
std::string listen(std::string_view text) {
    const auto address = parse_listen_address(text);
    if (address) return address->text();
    CHECK(address.error().kind == base::ErrorKind::input);
    CHECK(address.error().code == "address_invalid");
    CHECK_FALSE(address.error().advice.empty());
    return "";
}

std::string why(std::string_view text) {
    const auto address = parse_listen_address(text);
    REQUIRE_FALSE(address);
    return address.error().message;
}

std::string dns(std::string_view text) {
    const auto address = parse_dns_server(text);
    return address ? address->text() : "";
}

}  // namespace

TEST_CASE("addresses come in their shortest form, so that equal ones are equal") {
    CHECK(listen("192.0.2.1:443") == "192.0.2.1:443");
    CHECK(listen("[2001:DB8:0:0:0:0:0:1]:443") == "[2001:db8::1]:443");
    CHECK(listen("[::]:65535") == "[::]:65535");
    CHECK(listen("[::ffff:192.0.2.1]:443") == "192.0.2.1:443");
    CHECK(parse_listen_address("[::ffff:c000:201]:443") == parse_listen_address("192.0.2.1:443"));
}

TEST_CASE("what is no address to listen at is refused, and quoted with what is wrong") {
    CHECK(why("192.0.2.1") == R"(is "192.0.2.1", which has no port.)");
    CHECK(why("[::1]") == R"(is "[::1]", which has no port.)");
    CHECK(why("192.0.2.1:0") == R"(is "192.0.2.1:0", whose port is not a number from 1 to 65535.)");
    CHECK(why("192.0.2.1:443 ") == R"(is "192.0.2.1:443 ", whose port is not a number from 1 to 65535.)");
    CHECK(why("box.example:443") == R"(is "box.example:443", whose host is not an IP address.)");
    CHECK(why("[192.0.2.1]:443") == R"(is "[192.0.2.1]:443", whose host is not an IP address.)");
    CHECK(why("2001:db8::1:443") == R"(is "2001:db8::1:443", where the IPv6 address lacks its brackets.)");
    CHECK(parse_listen_address("2001:db8::1:443").error().advice == "Write \"[2001:db8::1]:443\".");
    for (const std::string& text : {""s, ":443"s, ":"s, "192.0.2.1:65536"s, "192.0.2.1:-1"s, "192.0.2.1:+1"s,
                                    "192.0.2.1:0x1"s, "192.0.2.256:443"s, "192.0.2:443"s, "[]:443"s, "[::1:443"s,
                                    "[fe80::1%eth0]:443"s, "192.0.2.1\0:443"s, "192.0.2.1:443\0"s})
        CHECK(listen(text).empty());
}

TEST_CASE("a DNS server needs neither port nor brackets, and both may be written") {
    CHECK(dns("192.0.2.53") == "192.0.2.53:53");
    CHECK(dns("192.0.2.53:5353") == "192.0.2.53:5353");
    CHECK(dns("2001:db8::53") == "[2001:db8::53]:53");
    CHECK(dns("[2001:db8::53]:5353") == "[2001:db8::53]:5353");
    CHECK(dns("[2001:db8::53]") == "[2001:db8::53]:53");
    CHECK(dns("::ffff:192.0.2.53") == "192.0.2.53:53");
    for (const std::string& text :
         {""s, "dns.example"s, "192.0.2.53:"s, "192.0.2.53:0"s, "192.0.2.53:65536"s, "192.0.2.53:5x"s, "192.0.2.53\0"s,
          "192.0.2.53:53:53"s, "[192.0.2.53]"s, "[192.0.2.53]:53"s, "[2001:db8::53"s, "2001:db8::53]:53"s,
          "[[2001:db8::53]]"s, "[]"s, "[]:53"s})
        CHECK(dns(text).empty());
    CHECK(parse_dns_server("dns.example").error().message == R"(is "dns.example", which is not an IP address.)");
}

TEST_CASE("calls leave by an address, an interface that could be, or as the routes say") {
    for (const char* good : {"", "192.0.2.1", "2001:db8::1", "eth1", "br-lan.7", "abcdefghijklmno"})
        CHECK_FALSE(source_fault(good));
    for (const std::string& bad : {"abcdefghijklmnop"s, "."s, ".."s, "a b"s, "a/b"s, "eth1:0"s, "[::1]"s,
                                   "192.0.2.1:53"s, "z\xC3\xBC"s, "eth1\n"s, "192.0.2.1\0"s})
        CHECK(source_fault(bad));
}

TEST_CASE("host names keep the rules of RFC 1123, or are IP addresses") {
    for (const std::string& good : {"box"s, "box.example"s, "Box-1.example"s, "3com.example"s, "xn--bx-eka.example"s,
                                    "192.0.2.1"s, "2001:db8::1"s, std::string(63, 'a') + ".example"s})
        CHECK_FALSE(hostname_fault(good));
    const std::string longest =
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
    CHECK_FALSE(hostname_fault(longest));
    CHECK(hostname_fault(longest + "d") == "must have 1 to 253 characters");
    CHECK(hostname_fault("") == "must have 1 to 253 characters");
    CHECK(hostname_fault(std::string(64, 'a') + ".example"));
    for (const std::string& bad : {"."s, "box."s, ".box"s, "a..b"s, "-box"s, "box-"s, "a.-b"s, "b_x"s, "*.example"s,
                                   "b\xC3\xB6x.example"s, "box.example\0"s, "[::1]"s, "box example"s})
        CHECK(hostname_fault(bad));
    CHECK(hostname_fault("192.0.2.256") == "ends in a number and is not an IP address");
    CHECK(hostname_fault("box.7") == "ends in a number and is not an IP address");
}

}  // namespace config_address_test
