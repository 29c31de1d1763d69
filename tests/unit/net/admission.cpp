#include "server/net/admission.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

namespace admission_test {

using namespace gatehouse::net;

namespace {

Address address(const char* text) {
    sockaddr_storage storage{};
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        std::memcpy(&storage, &v4, sizeof v4);
    } else {
        REQUIRE(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
        v6.sin6_family = AF_INET6;
        std::memcpy(&storage, &v6, sizeof v6);
    }
    return Address::of(storage);
}

Admission::Verdict enter(Admission& admission, const Address& client) {
    return admission.enter(client, Admission::Door::any);
}

}  // namespace

TEST_CASE("places are kept for the operators' door when the other one is full") {
    Admission admission({20, 30});
    const Address one = address("192.0.2.1");
    for (int i = 0; i < 20; ++i)
        REQUIRE(enter(admission, one) == Admission::Verdict::admitted);
    CHECK(enter(admission, one) == Admission::Verdict::too_many);
    CHECK(admission.enter(one, Admission::Door::reserved) == Admission::Verdict::admitted);
    CHECK(admission.enter(one, Admission::Door::reserved) == Admission::Verdict::admitted);
    CHECK(admission.enter(one, Admission::Door::reserved) == Admission::Verdict::too_many);
}

TEST_CASE("an IPv6 client is counted by its /64, whatever addresses it takes there") {
    Admission admission({10, 1});
    REQUIRE(enter(admission, address("2001:db8:1:2::1")) == Admission::Verdict::admitted);
    CHECK(enter(admission, address("2001:db8:1:2::2")) == Admission::Verdict::too_many_of_address);
    CHECK(enter(admission, address("2001:db8:1:3::1")) == Admission::Verdict::admitted);
    admission.leave(address("2001:db8:1:2::1"));
    CHECK(enter(admission, address("2001:db8:1:2::9")) == Admission::Verdict::admitted);
}

TEST_CASE("an IPv4-mapped address is the same client as the IPv4 one") {
    CHECK(address("::ffff:192.0.2.1") == address("192.0.2.1"));
    CHECK(address("::ffff:192.0.2.1").text() == "192.0.2.1");
    CHECK(address("::ffff:192.0.2.1").hash() == address("192.0.2.1").hash());
    CHECK(address("2001:db8::1").text() == "2001:db8::1");
    CHECK_FALSE(address("2001:db8::1") == address("2001:db8::2"));
}

TEST_CASE("one address has its limit, others are still admitted, and all together have theirs") {
    Admission admission({3, 2});
    const Address one = address("192.0.2.1");
    CHECK(enter(admission, one) == Admission::Verdict::admitted);
    CHECK(enter(admission, one) == Admission::Verdict::admitted);
    CHECK(enter(admission, one) == Admission::Verdict::too_many_of_address);
    CHECK(enter(admission, address("192.0.2.2")) == Admission::Verdict::admitted);
    CHECK(enter(admission, address("192.0.2.3")) == Admission::Verdict::too_many);
    CHECK(admission.connections() == 3);
}

TEST_CASE("a connection that leaves makes room for the next") {
    Admission admission({1, 1});
    const Address one = address("192.0.2.1");
    REQUIRE(enter(admission, one) == Admission::Verdict::admitted);
    REQUIRE(enter(admission, one) == Admission::Verdict::too_many);
    admission.leave(one);
    CHECK(admission.connections() == 0);
    CHECK(enter(admission, one) == Admission::Verdict::admitted);
}

TEST_CASE("new limits hold for the next connection") {
    Admission admission({10, 10});
    const Address one = address("192.0.2.1");
    REQUIRE(enter(admission, one) == Admission::Verdict::admitted);
    admission.configure({10, 1});
    CHECK(enter(admission, one) == Admission::Verdict::too_many_of_address);
}

}  // namespace admission_test
