#include "server/http/router.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace gatehouse;
using http::Method;

namespace {

http::Request request(Method method, std::string_view path) {
    http::Request made;
    made.method = method;
    made.method_text = http::name(method);
    made.path = path;
    return made;
}

http::Handler says(std::string text) {
    return [text = std::move(text)](const http::Request&) {
        http::Response response;
        response.body = text;
        return response;
    };
}

http::Route route(Method method, std::string path, std::string text, std::uint64_t body_bytes = 0) {
    http::Route made;
    made.method = method;
    made.path = std::move(path);
    made.body_bytes = body_bytes;
    made.handler = says(std::move(text));
    return made;
}

std::string told(const http::Response& response) {
    if (response.status != 200) return std::to_string(response.status);
    return std::get<std::string>(response.body);
}

std::string allowed(const http::Response& response) {
    for (const auto& [name, value] : response.fields) {
        if (name == "Allow") return value;
    }
    return "nothing said";
}

http::Router make_router(http::Handler fallback = {}) {
    std::vector<http::Route> routes;
    routes.push_back(route(Method::post, "/b", "post b", 100));
    routes.push_back(route(Method::get, "/healthz", "fine"));
    routes.push_back(route(Method::get, "/b", "get b"));
    routes.push_back(route(Method::get, "/a", "get a"));
    routes.push_back(route(Method::head, "/own-head", "dropped"));
    routes.push_back(route(Method::get, "/own-head", "longer than that"));
    routes.push_back(route(Method::get, "/a", "never reached"));
    return http::Router(std::move(routes), std::move(fallback));
}

}  // namespace

TEST_CASE("the route of the very path and method answers") {
    const auto router = make_router();
    CHECK(told(router.handle(request(Method::get, "/a"))) == "get a");
    CHECK(told(router.handle(request(Method::get, "/b"))) == "get b");
    CHECK(told(router.handle(request(Method::post, "/b"))) == "post b");
    CHECK(told(router.handle(request(Method::get, "/healthz"))) == "fine");
    for (const auto path : {"", "/", "/A", "/a/", "/b%00", "/%61", "/healthz2", "a", "*"}) {
        INFO(path);
        CHECK(told(router.handle(request(Method::get, path))) == "404");
    }
}

TEST_CASE("a router goes on answering after it has been moved and copied") {
    auto first = make_router();
    const auto second = first;
    const auto third = std::move(first);
    CHECK(told(second.handle(request(Method::get, "/a"))) == "get a");
    CHECK(told(third.handle(request(Method::post, "/b"))) == "post b");
}

TEST_CASE("HEAD runs the handler of GET, drops its body and declares its size") {
    const auto response = make_router().handle(request(Method::head, "/a"));
    CHECK(response.status == 200);
    CHECK(std::holds_alternative<std::monostate>(response.body));
    CHECK(response.declares_size);
    CHECK(response.declared_size == 5);
    CHECK(make_router().handle(request(Method::head, "/own-head")).declared_size == 7);
    const auto missing = make_router().handle(request(Method::head, "/none"));
    CHECK(missing.status == 404);
    CHECK(std::holds_alternative<std::monostate>(missing.body));
    CHECK(missing.declared_size > 0);
}

TEST_CASE("a method that the path does not take is 405 with those it takes") {
    const auto router = make_router(says("fallback"));
    const auto refused = router.handle(request(Method::delete_, "/b"));
    CHECK(refused.status == 405);
    CHECK(allowed(refused) == "POST, GET, HEAD");
    CHECK(allowed(router.handle(request(Method::options, "/a"))) == "GET, HEAD");
    CHECK(allowed(router.handle(request(Method::other, "/healthz"))) == "GET, HEAD");
    CHECK(allowed(router.handle(request(Method::head, "/b"))) == "nothing said");
}

TEST_CASE("the fallback answers GET and HEAD where no route claims the path") {
    const auto router = make_router(says("fallback"));
    CHECK(told(router.handle(request(Method::get, "/none"))) == "fallback");
    CHECK(router.handle(request(Method::head, "/none")).declared_size == 8);
    CHECK(told(router.handle(request(Method::get, "/a"))) == "get a");
    const auto refused = router.handle(request(Method::post, "/none"));
    CHECK(refused.status == 405);
    CHECK(allowed(refused) == "GET, HEAD");
    CHECK(router.handle(request(Method::options, "*")).status == 405);
}

TEST_CASE("the largest body is the route's, and none where no route answers") {
    const auto router = make_router(says("fallback"));
    CHECK(router.body_limit(request(Method::post, "/b")) == 100);
    CHECK(router.body_limit(request(Method::get, "/b")) == 0);
    CHECK(router.body_limit(request(Method::put, "/b")) == 0);
    CHECK(router.body_limit(request(Method::post, "/none")) == 0);
}
