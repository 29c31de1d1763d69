#include "server/http/redirect.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace redirect_test {

using namespace gatehouse::http;

namespace {

Request request(Method method, std::string_view path, std::string_view query = {}) {
    Request made;
    made.method = method;
    made.path = path;
    made.query = query;
    made.host = "evil.example";
    made.fields.push_back({"Host", "evil.example"});
    return made;
}

std::string field(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.fields) {
        if (key == name) return value;
    }
    return {};
}

}  // namespace

TEST_CASE("GET and HEAD are sent to the door's own name with path and query, never to the Host that was told") {
    for (const Method method : {Method::get, Method::head}) {
        const Response response = redirect(request(method, "/a%20b", "x=1&y=2"), "gw.example:8443");
        CHECK(response.status == 308);
        CHECK(field(response, "Location") == "https://gw.example:8443/a%20b?x=1&y=2");
    }
}

TEST_CASE("other methods are not redirected") {
    const Response response = redirect(request(Method::post, "/"), "gw.example");
    CHECK(response.status == 405);
    CHECK(field(response, "Allow") == "GET, HEAD");
    CHECK(field(response, "Location").empty());
}

TEST_CASE("what was sent in the clear with a key, a cookie or a password is refused, not redirected") {
    for (const char* name : {"Authorization", "Cookie"}) {
        Request secret = request(Method::get, "/");
        secret.fields.push_back({name, "x"});
        CHECK(redirect(secret, "gw.example").status == 403);
    }
    CHECK(redirect(request(Method::get, "/", "api_key=abc"), "gw.example").status == 403);
    CHECK(redirect(request(Method::get, "/", "a=1&api_key=abc"), "gw.example").status == 403);
    CHECK(redirect(request(Method::get, "/", "a=1&api%5fkey=abc"), "gw.example").status == 403);
    CHECK(redirect(request(Method::get, "/", "api%5Fkey"), "gw.example").status == 403);
    CHECK(redirect(request(Method::get, "/", "%&a%5=api_key"), "gw.example").status == 308);
    CHECK(redirect(request(Method::get, "/", "not_api_key=abc"), "gw.example").status == 308);
}

}  // namespace redirect_test
