#include "server/http/router.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace router_test {

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

http::Response handle(const http::Router& router, http::Request request) {
    return std::get<http::Response>(router.handle(request));
}

std::uint64_t body_limit(const http::Router& router, http::Request request) {
    return router.body_limit(request);
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
    CHECK(told(handle(router, request(Method::get, "/a"))) == "get a");
    CHECK(told(handle(router, request(Method::get, "/b"))) == "get b");
    CHECK(told(handle(router, request(Method::post, "/b"))) == "post b");
    CHECK(told(handle(router, request(Method::get, "/healthz"))) == "fine");
    for (const auto path : {"", "/", "/A", "/a/", "/b%00", "/%61", "/healthz2", "a", "*"}) {
        INFO(path);
        CHECK(told(handle(router, request(Method::get, path))) == "404");
    }
}

TEST_CASE("a router goes on answering after it has been moved and copied") {
    auto first = make_router();
    const auto second = first;
    const auto third = std::move(first);
    CHECK(told(handle(second, request(Method::get, "/a"))) == "get a");
    CHECK(told(handle(third, request(Method::post, "/b"))) == "post b");
}

TEST_CASE("HEAD runs the handler of GET, drops its body and declares its size") {
    const auto response = handle(make_router(), request(Method::head, "/a"));
    CHECK(response.status == 200);
    CHECK(std::holds_alternative<std::monostate>(response.body));
    CHECK(response.declared_size == 5);
    CHECK(handle(make_router(), request(Method::head, "/own-head")).declared_size == 7);
    const auto missing = handle(make_router(), request(Method::head, "/none"));
    CHECK(missing.status == 404);
    CHECK(std::holds_alternative<std::monostate>(missing.body));
    CHECK(missing.declared_size > 0);
}

TEST_CASE("a method that the path does not take is 405 with those it takes") {
    const auto router = make_router(says("fallback"));
    const auto refused = handle(router, request(Method::delete_, "/b"));
    CHECK(refused.status == 405);
    CHECK(allowed(refused) == "POST, GET, HEAD");
    CHECK(allowed(handle(router, request(Method::options, "/a"))) == "GET, HEAD");
    CHECK(allowed(handle(router, request(Method::other, "/healthz"))) == "GET, HEAD");
    CHECK(allowed(handle(router, request(Method::head, "/b"))) == "nothing said");
}

TEST_CASE("the fallback answers GET and HEAD where no route claims the path") {
    const auto router = make_router(says("fallback"));
    CHECK(told(handle(router, request(Method::get, "/none"))) == "fallback");
    CHECK(handle(router, request(Method::head, "/none")).declared_size == 8);
    CHECK(told(handle(router, request(Method::get, "/a"))) == "get a");
    const auto refused = handle(router, request(Method::post, "/none"));
    CHECK(refused.status == 405);
    CHECK(allowed(refused) == "GET, HEAD");
    CHECK(handle(router, request(Method::options, "*")).status == 405);
}

TEST_CASE("the largest body is the route's, and none where no route answers") {
    const auto router = make_router(says("fallback"));
    CHECK(body_limit(router, request(Method::post, "/b")) == 100);
    CHECK(body_limit(router, request(Method::get, "/b")) == 0);
    CHECK(body_limit(router, request(Method::put, "/b")) == 0);
    CHECK(body_limit(router, request(Method::post, "/none")) == 0);
}

TEST_CASE("a segment in braces stands for any one that is not empty, and its decoded text is the parameter") {
    std::vector<http::Route> routes;
    const auto tells = [](const http::Request& request) {
        http::Response response;
        response.body = std::string(request.parameter("door")) + "|" + std::string(request.parameter("id")) + "|" +
                        std::string(request.parameter("other"));
        return response;
    };
    routes.push_back({Method::get, "/doors/{door}/keys/{id}", http::Access::anyone, 0, tells});
    routes.push_back(route(Method::get, "/doors/{door}", "one door"));
    routes.push_back(route(Method::put, "/doors/{door}", "changed", 7));
    routes.push_back(route(Method::get, "/doors/all", "all doors"));
    const http::Router router(std::move(routes));
    CHECK(told(handle(router, request(Method::get, "/doors/clean/keys/a%20%C3%A9"))) == "clean|a \xC3\xA9|");
    CHECK(told(handle(router, request(Method::get, "/doors/x"))) == "one door");
    CHECK(told(handle(router, request(Method::get, "/doors/all"))) == "all doors");
    CHECK(body_limit(router, request(Method::put, "/doors/x")) == 7);
    CHECK(allowed(handle(router, request(Method::put, "/doors/all"))) == "GET, HEAD");
    CHECK(allowed(handle(router, request(Method::delete_, "/doors/x"))) == "GET, HEAD, PUT");
    for (const auto path : {"/doors/", "/doors", "/doors/x/", "/doors//keys/1", "/doors/x/keys", "/doors/x/keys/1/2"}) {
        INFO(path);
        CHECK(told(handle(router, request(Method::get, path))) == "404");
    }
}

TEST_CASE("a route that asks something of its caller is behind the gate, and without a gate it is shut") {
    const auto routes = [] {
        std::vector<http::Route> made;
        made.push_back({Method::post, "/change", http::Access::operate, 50, says("changed")});
        made.push_back(route(Method::get, "/open", "open"));
        return made;
    };
    CHECK(told(handle(http::Router(routes()), request(Method::post, "/change"))) == "403");
    CHECK(body_limit(http::Router(routes()), request(Method::post, "/change")) == 0);

    const http::Gate gate = [](http::Request& request, http::Access access) -> std::optional<http::Response> {
        if (request.query != "let-me-in") return http::problem(401, "no_identity", "Sign in.");
        request.caller = std::make_shared<const http::Caller>(http::Caller{"anna", "session", "1", access});
        return std::nullopt;
    };
    const http::Router router(routes(), {}, gate);
    auto asked = request(Method::post, "/change");
    CHECK(told(handle(router, asked)) == "401");
    CHECK(body_limit(router, asked) == 0);
    asked.query = "let-me-in";
    CHECK(told(handle(router, asked)) == "changed");
    CHECK(body_limit(router, asked) == 50);
    CHECK(told(handle(router, request(Method::get, "/open"))) == "open");
}

TEST_CASE("a later answer is awaited, and for HEAD without its body") {
    std::vector<http::Route> routes;
    const auto later = [](const http::Request&) -> http::Later {
        http::Response response;
        response.body = std::string("later");
        co_return response;
    };
    routes.push_back({Method::get, "/later", http::Access::anyone, 0, later});
    const http::Router router(std::move(routes));
    const auto answer = [&](Method method) {
        boost::asio::io_context io;
        http::Response got;
        auto asked = request(method, "/later");
        boost::asio::co_spawn(io, std::get<http::Later>(router.handle(asked)),
                              [&](const std::exception_ptr&, http::Response response) { got = std::move(response); });
        io.run();
        return got;
    };
    CHECK(told(answer(Method::get)) == "later");
    const auto head = answer(Method::head);
    CHECK(std::holds_alternative<std::monostate>(head.body));
    CHECK(head.declared_size == 5);
}

TEST_CASE("a handler that reads its body itself gets one that is there already as one piece") {
    std::vector<http::Route> routes;
    const auto read = [](const http::Request&, http::BodyReader& body) -> http::Later {
        http::Response response;
        std::string said;
        for (;;) {
            const http::BodyReader::Piece piece = co_await body.next();
            if (!piece || !*piece) break;
            said += "<" + std::string(**piece) + ">";
        }
        response.body = said;
        co_return response;
    };
    routes.push_back({Method::post, "/read", http::Access::anyone, 10, read});
    routes.push_back(route(Method::post, "/whole", "whole"));
    const http::Router router(std::move(routes));
    CHECK(router.streams(request(Method::post, "/read")));
    CHECK_FALSE(router.streams(request(Method::post, "/whole")));
    CHECK_FALSE(router.streams(request(Method::post, "/none")));
    for (const auto& [body, said] : {std::pair{"some bytes", "<some bytes>"}, std::pair{"", ""}}) {
        boost::asio::io_context io;
        http::Response got;
        auto asked = request(Method::post, "/read");
        asked.body = body;
        boost::asio::co_spawn(io, std::get<http::Later>(router.handle(asked)),
                              [&](const std::exception_ptr&, http::Response response) { got = std::move(response); });
        io.run();
        CHECK(told(got) == said);
    }
}

TEST_CASE("refusals are dressed, whoever refuses, and HEAD declares the size of what they became") {
    const http::Gate gate = [](http::Request&, http::Access) { return std::optional(http::problem(401, "no", "No.")); };
    const http::Dress dress = [](const http::Request& asked, http::Response& response) {
        if (asked.path.starts_with("/dressed") && response.status != 200) response.body = std::string("dressed");
    };
    auto shut = route(Method::get, "/dressed/shut", "never");
    shut.access = http::Access::read;
    const http::Router router({route(Method::get, "/dressed", "as it is"), shut}, {}, gate, dress);
    const auto body_of = [&](Method method, std::string_view path) {
        auto asked = request(method, path);
        auto answer = router.handle(asked);
        return std::get<http::Response>(std::move(answer));
    };
    CHECK(told(body_of(Method::get, "/dressed")) == "as it is");
    for (const auto& [method, path, status] :
         {std::tuple{Method::post, "/dressed", 405U}, std::tuple{Method::get, "/dressed/none", 404U},
          std::tuple{Method::get, "/dressed/shut", 401U}}) {
        const auto refused = body_of(method, path);
        CHECK(refused.status == status);
        CHECK(http::text_of(refused.body) == "dressed");
    }
    CHECK(http::text_of(body_of(Method::get, "/other").body) != "dressed");
    const auto head = body_of(Method::head, "/dressed/none");
    CHECK(head.declared_size == std::string_view("dressed").size());
    CHECK(http::text_of(head.body).empty());
}

}  // namespace router_test
