#include "server/http/cookies.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace cookies_test {

using namespace gatehouse;

namespace {

constexpr std::string_view name = "__Host-gatehouse-admin";

http::Judged<std::optional<std::string>> find(const std::vector<std::string>& cookie_fields) {
    http::Request request;
    request.fields.push_back({"Host", "a"});
    for (const auto& value : cookie_fields)
        request.fields.push_back({"cookie", value});
    const auto found = http::find_cookie(request, name);
    if (!found) return tl::unexpected<http::Refusal>(found.error());
    return *found ? std::optional<std::string>(**found) : std::nullopt;
}

}  // namespace

TEST_CASE("the cookie is found wherever it stands") {
    const std::vector<std::vector<std::string>> cases{
        {"__Host-gatehouse-admin=token"},
        {"a=b; __Host-gatehouse-admin=token"},
        {"a=b;__Host-gatehouse-admin=token;c=d"},
        {"  __Host-gatehouse-admin \t=  token  ;"},
        {"__Host-gatehouse-admin=\"token\""},
        {"a=b", "__Host-gatehouse-admin=token"},
        {"a", ";;=;", "=x; __Host-gatehouse-admin=token"},
        {"__host-gatehouse-admin=other; __Host-gatehouse-admin=token"},
        {"__Host-gatehouse-clean=other; __Host-gatehouse-admin=token; __Host-gatehouse-adminx=other"},
        {"a=\"x; __Host-gatehouse-admin=token; y\""},  // no quote hides another cookie
    };
    for (const auto& fields : cases) {
        INFO(fields.front());
        REQUIRE(find(fields));
        CHECK(*find(fields) == "token");
    }
    CHECK(*find({"__Host-gatehouse-admin=a=b"}) == "a=b");
    CHECK(*find({"__Host-gatehouse-admin="}) == "");
    CHECK(*find({"__Host-gatehouse-admin=\""}) == "\"");
    CHECK(*find({"__Host-gatehouse-admin=\"a"}) == "\"a");
}

TEST_CASE("what only resembles the cookie is not it") {
    CHECK(*find({}) == std::nullopt);
    for (const std::string field :
         {"", ";", "a=b", "__Host-gatehouse-admin", "=__Host-gatehouse-admin=token", "x__Host-gatehouse-admin=token",
          "a=__Host-gatehouse-admin=token", "__HOST-GATEHOUSE-ADMIN=token", "__Host-gatehouse-admin, b=token"}) {
        INFO(field);
        REQUIRE(find({field}));
        CHECK(*find({field}) == std::nullopt);
    }
}

TEST_CASE("the same cookie with two values is refused, in one field or in two") {
    const std::vector<std::vector<std::string>> cases{
        {"__Host-gatehouse-admin=a; __Host-gatehouse-admin=b"},
        {"__Host-gatehouse-admin=a", "__Host-gatehouse-admin=b"},
        {"__Host-gatehouse-admin=a; x=y; __Host-gatehouse-admin=a; __Host-gatehouse-admin="},
    };
    for (const auto& fields : cases) {
        const auto found = find(fields);
        REQUIRE_FALSE(found);
        CHECK(found.error().status == 400);
        CHECK(found.error().code == "ambiguous_cookie");
    }
    CHECK(*find({"__Host-gatehouse-admin=a; __Host-gatehouse-admin=\"a\"", "__Host-gatehouse-admin=a"}) == "a");
}

TEST_CASE("a cookie is set so that no script, no other host and no clear connection sees it") {
    CHECK(http::set_host_cookie(name, "abc", std::chrono::hours(1)) ==
          "__Host-gatehouse-admin=abc; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=3600");
    CHECK(http::set_host_cookie(name, "abc", std::nullopt) ==
          "__Host-gatehouse-admin=abc; Path=/; Secure; HttpOnly; SameSite=Strict");
    CHECK(http::set_host_cookie(name, "abc", std::chrono::seconds(-5)).ends_with("Max-Age=0"));
    CHECK(http::clear_host_cookie(name) ==
          "__Host-gatehouse-admin=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST_CASE("a cookie that would say something else is never made") {
    for (const std::string value : {"a;b", "a b", "a,b", "a\"b", "a\\b", "a\r\nb", "\x7f", "\xc3\xa9"}) {
        INFO(value);
        CHECK_THROWS_AS(http::set_host_cookie(name, value, std::nullopt), std::invalid_argument);
    }
    for (const std::string bad : {"gatehouse", "__Host-a=b", "__Host-a;", "__host-a", ""}) {
        INFO(bad);
        CHECK_THROWS_AS(http::set_host_cookie(bad, "a", std::nullopt), std::invalid_argument);
        CHECK_THROWS_AS(http::clear_host_cookie(bad), std::invalid_argument);
    }
}

}  // namespace cookies_test
