#include "server/net/forbidden_address.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace forbidden_address_test {

using namespace gatehouse;
using net::Address;

namespace {

Address address(const std::string& text) {
    return Address::parse(text).value();
}

std::string reason(const std::string& text) {
    const std::vector<Address> own{address("198.51.100.7"), address("2001:db8:7::7")};
    return net::forbidden(address(text), own).value_or("");
}

}  // namespace

TEST_CASE("other machines may be called, in private networks too") {
    for (const char* text : {"192.0.2.1",
                             "10.0.0.1",
                             "172.16.0.1",
                             "192.168.0.1",
                             "100.64.0.1",
                             "169.253.255.255",
                             "169.255.0.0",
                             "1.0.0.0",
                             "126.255.255.255",
                             "128.0.0.1",
                             "223.255.255.255",
                             "198.51.100.8",
                             "2001:db8::1",
                             "2001:db8:7::8",
                             "fc00::1",
                             "fd12:3456::1",
                             "fec0::1",
                             "64:ff9b::c000:201",
                             "64:ff9b:1::c000:201",
                             "2002:c000:201::1",
                             "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                             "fe00::1",
                             "2001:db8::5efe:c000:201"}) {
        CAPTURE(text);
        CHECK(reason(text).empty());
    }
}

TEST_CASE("addresses that lead to the machine itself, to its link or to many are forbidden, with the reason") {
    CHECK(reason("127.0.0.1") == "is a loopback address");
    CHECK(reason("127.255.255.254") == "is a loopback address");
    CHECK(reason("::1") == "is a loopback address");
    CHECK(reason("0.0.0.0") == "is unspecified");
    CHECK(reason("0.1.2.3") == "is unspecified");
    CHECK(reason("::") == "is unspecified");
    CHECK(net::forbidden(Address(), {}) == "is unspecified");
    CHECK(reason("169.254.169.254") == "is a link-local address");
    CHECK(reason("fe80::1") == "is a link-local address");
    CHECK(reason("febf::1") == "is a link-local address");
    CHECK(reason("224.0.0.1") == "is a multicast address");
    CHECK(reason("239.255.255.255") == "is a multicast address");
    CHECK(reason("ff02::1") == "is a multicast address");
    CHECK(reason("255.255.255.255") == "is the broadcast address");
    CHECK(reason("198.51.100.7") == "belongs to this machine");
    CHECK(reason("2001:db8:7::7") == "belongs to this machine");
}

TEST_CASE("an IPv6 address that stands for a forbidden IPv4 one is forbidden") {
    CHECK(reason("::ffff:127.0.0.1") == "is a loopback address");
    CHECK(reason("::ffff:198.51.100.7") == "belongs to this machine");
    const std::string loopback = "stands for 127.0.0.1, which is a loopback address";
    CHECK(reason("::127.0.0.1") == loopback);
    CHECK(reason("::ffff:0:127.0.0.1") == loopback);
    CHECK(reason("64:ff9b::127.0.0.1") == loopback);
    CHECK(reason("2002:7f00:1::") == loopback);
    CHECK(reason("2002:7f00:1:1234:5678::9") == loopback);
    CHECK(reason("2001:0:4136:e378:8000:63bf:80ff:fffe") == loopback);
    CHECK(reason("2001:db8::5efe:7f00:1") == loopback);
    CHECK(reason("2001:db8::200:5efe:7f00:1") == loopback);
    CHECK(reason("64:ff9b::169.254.169.254") == "stands for 169.254.169.254, which is a link-local address");
    CHECK(reason("64:ff9b::198.51.100.7") == "stands for 198.51.100.7, which belongs to this machine");
    CHECK(reason("64:ff9b::e000:1") == "stands for 224.0.0.1, which is a multicast address");
    CHECK(reason("2002:0:0::1") == "stands for 0.0.0.0, which is unspecified");
}

TEST_CASE("a NAT64 prefix of the network's own hides no forbidden address, whatever its length") {
    const std::string loopback = "stands for 127.0.0.1, which is a loopback address";
    CHECK(reason("64:ff9b:1::") == "stands for 0.0.0.0, which is unspecified");
    CHECK(reason("64:ff9b:1::127.0.0.1") == loopback);       // 96 bits
    CHECK(reason("64:ff9b:1:abcd:7f:0:100:0") == loopback);  // 64 bits
    CHECK(reason("64:ff9b:1:ab7f:0:1::") == loopback);       // 56 bits
    CHECK(reason("64:ff9b:1:7f00:0:100::") == loopback);     // 48 bits
}

TEST_CASE("the machine's own addresses are read from its interfaces, and the policy refuses them by name") {
    const auto own = net::own_addresses();
    REQUIRE(own);
    CHECK(std::find(own->begin(), own->end(), address("127.0.0.1")) != own->end());
    for (const Address& one : *own) {
        const auto allowed = net::refuse_forbidden(one);
        REQUIRE_FALSE(allowed);
        CHECK(allowed.error().kind == base::ErrorKind::denied);
        CHECK(allowed.error().code == "address_forbidden");
        CHECK(allowed.error().message.find(one.text()) == 0);
    }
    CHECK(net::refuse_forbidden(address("192.0.2.1")));
}

namespace {

std::string strict_reason(const std::string& text) {
    const std::vector<Address> own{address("198.51.100.7"), address("2a00:7::7")};
    return net::forbidden_or_private(address(text), own).value_or("");
}

}  // namespace

TEST_CASE("what others name is called in public networks, up to the very ends of those that are not") {
    for (const char* text :
         {"9.255.255.255",    "11.0.0.0",         "172.15.255.255", "172.32.0.0",   "192.167.255.255", "192.169.0.0",
          "100.63.255.255",   "100.128.0.0",      "192.0.1.0",      "192.0.3.0",    "198.17.255.255",  "198.20.0.0",
          "198.51.101.0",     "203.0.112.255",    "203.0.114.0",    "1.0.0.0",      "223.255.255.255", "2000::1",
          "2001:200::1",      "2001:db7:ffff::1", "2001:db9::1",    "2a00:1450::1", "3ffe:ffff::1",    "3fff:1000::1",
          "64:ff9b::808:808", "2002:808:808::1"}) {
        CAPTURE(text);
        CHECK(strict_reason(text).empty());
    }
}

TEST_CASE("what others name is not called in private networks or in those that are nobody's, with the reason") {
    for (const char* text : {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0",
                             "192.168.255.255", "fc00::1", "fdff:ffff::1", "fec0::1", "feff::1"}) {
        CAPTURE(text);
        CHECK(strict_reason(text) == "is a private address");
    }
    CHECK(strict_reason("100.64.0.0") == "is an address inside a provider's network");
    CHECK(strict_reason("100.127.255.255") == "is an address inside a provider's network");
    for (const char* text : {"192.0.2.1", "198.51.100.8", "203.0.113.255", "2001:db8::1", "3fff:fff:ffff::1"}) {
        CAPTURE(text);
        CHECK(strict_reason(text) == "is an address of examples in documents");
    }
    CHECK(strict_reason("198.18.0.0") == "is an address of test laboratories");
    CHECK(strict_reason("198.19.255.255") == "is an address of test laboratories");
    for (const char* text : {"192.0.0.1", "192.0.0.255", "192.88.99.1", "240.0.0.1", "2001:2::1", "2001:1ff::1",
                             "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1", "4000::1", "5f00::1", "fe00::1"}) {
        CAPTURE(text);
        CHECK(strict_reason(text) == "is a reserved address");
    }
}

TEST_CASE("an IPv6 address is not called by others where it stands for a private IPv4 one, nor is what is forbidden") {
    CHECK(strict_reason("64:ff9b::a00:1") == "stands for 10.0.0.1, which is a private address");
    CHECK(strict_reason("2002:c0a8:101::1") == "stands for 192.168.1.1, which is a private address");
    CHECK(strict_reason("2a00::5efe:a00:1") == "stands for 10.0.0.1, which is a private address");
    CHECK(strict_reason("::ffff:10.0.0.1") == "is a private address");
    CHECK(strict_reason("127.0.0.1") == "is a loopback address");
    CHECK(strict_reason("0.1.2.3") == "is unspecified");
    CHECK(strict_reason("169.254.169.254") == "is a link-local address");
    CHECK(strict_reason("::1") == "is a loopback address");
    CHECK(strict_reason("2a00:7::7") == "belongs to this machine");
    CHECK(strict_reason("64:ff9b::c633:6407") == "stands for 198.51.100.7, which belongs to this machine");
    const auto refused = net::refuse_private(address("192.168.1.1"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "address_forbidden");
    CHECK(refused.error().message == "192.168.1.1 is a private address.");
    CHECK(net::refuse_private(address("8.8.8.8")));
}

}  // namespace forbidden_address_test
