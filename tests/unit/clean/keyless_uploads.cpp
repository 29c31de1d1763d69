#include "server/clean/keyless_uploads.hpp"

#include <catch2/catch.hpp>

#include <list>
#include <memory>

namespace keyless_uploads_test {

using gatehouse::clean::KeylessUploads;
using gatehouse::net::Address;

namespace {

Address address(const char* text) {
    const auto parsed = Address::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

}  // namespace

TEST_CASE("only so many uploads without a key are under way at once, and fewer of one network", "[keyless]") {
    KeylessUploads uploads;
    std::list<KeylessUploads::Place> places;
    const auto take = [&](const char* peer) {
        auto place = uploads.take(address(peer));
        if (place) places.push_back(std::move(*place));
        return static_cast<bool>(place);
    };
    CHECK(take("192.0.2.1"));
    CHECK(take("192.0.2.1"));
    CHECK_FALSE(take("192.0.2.1"));
    CHECK(take("2001:db8::1"));
    CHECK(take("2001:db8::2"));  // the same network as the one before
    CHECK_FALSE(take("2001:db8::3"));
    CHECK_FALSE(take("198.51.100.1"));  // all are taken

    places.pop_front();
    CHECK(take("192.0.2.1"));
    CHECK_FALSE(take("198.51.100.1"));
    places.clear();
    CHECK(take("198.51.100.1"));
}

TEST_CASE("a place outlives the book that gave it", "[keyless]") {
    auto uploads = std::make_unique<KeylessUploads>();
    auto place = uploads->take(address("192.0.2.1"));
    REQUIRE(place);
    uploads.reset();
    place.reset();
}

}  // namespace keyless_uploads_test
