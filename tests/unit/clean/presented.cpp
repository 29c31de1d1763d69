#include "server/clean/presented.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace presented_test {

using namespace gatehouse;
using clean::Arguments;
using clean::Presented;

namespace {

http::Judged<Presented> presented(std::string_view query, std::vector<std::string_view> authorizations = {}) {
    http::Request request;
    request.query = query;
    for (const auto value : authorizations)
        request.fields.push_back({"authorization", value});
    const auto arguments = Arguments::read(request);
    REQUIRE(arguments);
    return clean::presented_by(request, *arguments);
}

std::string key_of(const http::Judged<Presented>& judged) {
    REQUIRE(judged);
    REQUIRE(judged->key);
    return std::string(judged->key->reveal());
}

}  // namespace

TEST_CASE("a key is a parameter or a bearer's, in whatever case the scheme is written") {
    CHECK(key_of(presented("api_key=abc")) == "abc");
    for (const char* field : {"bearer abc", "Bearer abc", "BEARER  abc "})
        CHECK(key_of(presented("", {field})) == "abc");
    CHECK(key_of(presented("api_key=abc&api_key=abc", {"bearer abc"})) == "abc");
    CHECK(presented("")->nothing());
}

TEST_CASE("two different keys are none, wherever they stand") {
    CHECK(presented("api_key=a&api_key=b").error().code == "keys_differ");
    CHECK(presented("api_key=a", {"bearer b"}).error().status == 401);
    CHECK(presented("", {"bearer a", "bearer b"}).error().code == "keys_differ");
    CHECK(key_of(presented("api_key=&api_key=a")) == "a");
}

TEST_CASE("a device shows its id and its secret, which may hold colons") {
    const auto judged = presented("", {"Device esa-1:sec:ret"});
    REQUIRE(judged);
    REQUIRE(judged->device);
    CHECK(judged->device->id == "esa-1");
    CHECK(judged->device->secret.reveal() == "sec:ret");
    CHECK_FALSE(judged->key);
    for (const char* bad : {"Device", "Device x", "Device :secret", "device "})
        CHECK(presented("", {bad}).error().code == "bad_authorization");
    CHECK(presented("", {"Device " + std::string(2000, 'x') + ":y"}).error().status == 401);
}

TEST_CASE("a key beside a device is kept, to be judged as well; other schemes are none of ours") {
    const auto both = presented("api_key=abc", {"Device a:b"});
    REQUIRE(both);
    CHECK(both->key);
    CHECK(both->device);
    CHECK(presented("", {"Basic YTpi"})->nothing());
    CHECK(presented("", {""})->nothing());
    CHECK(presented("", {"bearer"})->nothing());
}

}  // namespace presented_test
