#include "server/http/request_parser.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace request_parser_test {

using namespace gatehouse;

namespace {

constexpr std::size_t header_bytes = 16384;

// What became of a connection's first request, in words that can be compared.
std::string tell(http::RequestParser& parser, std::size_t head) {
    const auto& request = parser.request();
    std::string told = std::to_string(head) + " " + std::string(request.method_text) + " " + std::string(request.path) +
                       "?" + std::string(request.query) + " " + std::string(request.host) + " 1." +
                       std::to_string(request.minor_version) + (request.keep_alive ? " kept" : " closed") +
                       (parser.expects_continue() ? " expects" : "");
    for (const auto& field : request.fields)
        told += "|" + std::string(field.name) + "=" + std::string(field.value);
    return told;
}

// Feeds the head byte by byte from `first` on, each time from a buffer that lies elsewhere.
std::string parse_from(const std::string& text, std::size_t first, std::size_t limit = header_bytes) {
    http::RequestParser parser;
    for (auto length = std::min(first, text.size()); length <= text.size(); ++length) {
        const std::string moved = text.substr(0, length);
        const auto parsed = parser.parse_head(moved, limit);
        if (!parsed) return std::to_string(parsed.error().status) + " " + parsed.error().code;
        if (*parsed) return tell(parser, **parsed);
    }
    return "incomplete";
}

const std::string simple = "GET /a?b HTTP/1.1\r\nHost: h\r\nX-Y:  z \r\n\r\n";

}  // namespace

TEST_CASE("the outcome of a head does not depend on the pieces it comes in") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {simple, "40 GET /a?b h 1.1 kept|Host=h|X-Y=z"},
        {"\r\n\r\n" + simple, "44 GET /a?b h 1.1 kept|Host=h|X-Y=z"},
        {simple + simple, "40 GET /a?b h 1.1 kept|Host=h|X-Y=z"},
        {"GET / HTTP/1.0\r\n\r\n", "18 GET /?  1.0 closed"},
        {"FOO https://x:1/y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
         "58 FOO /y? x:1 1.1 closed|Host=h|Connection=close"},
        {"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
         "68 PUT /? h 1.1 kept expects|Host=h|Expect=100-continue|Content-Length=1"},
        {"GET / HTTP/1.1\nHost: h\n\n", "400 bad_line_end"},
        {"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400 bad_line_end"},
        {"GET / HTTP/1.1\r\nHost: h\n\r\n", "400 bad_line_end"},
        {"GET / HTTP/1.1\r\nHost: h\r\n\n", "400 bad_line_end"},
        {"GET / HTTP/1.1\r\nHost: h\r\n X: y\r\n\r\n", "400 folded_line"},
        {"GET / HTTP/1.1\r\n\r\n", "400 bad_host"},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: \r\r\n\r\n", "400 bad_field"},
        {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505 version_not_supported"},
        {"GET / HTTP/1.1\r\nHost: h\r\n", "incomplete"},
        {"", "incomplete"},
    };
    for (const auto& [text, outcome] : cases) {
        for (std::size_t first = 0; first <= text.size(); ++first) {
            INFO(text << " from " << first);
            CHECK(parse_from(text, first) == outcome);
        }
    }
}

TEST_CASE("a header that ends in bare line feeds is refused with its first line, not waited for") {
    http::RequestParser parser;
    const auto parsed = parser.parse_head("GET / HTTP/1.1\n", header_bytes);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().status == 400);
}

TEST_CASE("limits hold to the byte and at every cut") {
    const auto with_target = [](std::size_t line) {  // request line of that length, with its CRLF
        return "GET /" + std::string(line - 16, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
    };
    const auto with_head = [](std::size_t bytes) {
        return "GET / HTTP/1.1\r\nHost: h\r\nX:" + std::string(bytes - 31, 'b') + "\r\n\r\n";
    };
    REQUIRE(with_head(200).size() == 200);
    const std::size_t limit = 200;
    for (const std::size_t first : {0U, 1U, 99U, 100U, 101U, 199U, 200U, 201U}) {
        INFO("from " << first);
        CHECK(parse_from(with_target(100), first, limit).substr(0, 7) == "111 GET");
        CHECK(parse_from(with_target(101), first, limit) == "414 target_too_long");
        CHECK(parse_from("\r\n" + with_target(101), first, limit) == "414 target_too_long");
        CHECK(parse_from(std::string(300, 'a'), first, limit) == "414 target_too_long");
        CHECK(parse_from(with_head(200), first, limit).substr(0, 7) == "200 GET");
        CHECK(parse_from(with_head(201), first, limit) == "431 header_too_large");
        CHECK(parse_from(with_head(202).substr(0, 200), first, limit) == "431 header_too_large");
        std::string empty_lines;
        for (int i = 0; i < 100; ++i)
            empty_lines += "\r\n";
        CHECK(parse_from(empty_lines + simple, first, limit) == "431 header_too_large");
        CHECK(parse_from(empty_lines.substr(0, 160) + simple, first, limit).substr(0, 7) == "200 GET");
    }
}

TEST_CASE("more fields than a hundred are refused") {
    const auto with_fields = [](int count) {
        std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
        for (int i = 1; i < count; ++i)
            text += "a:\r\n";
        return text + "\r\n";
    };
    CHECK(parse_from(with_fields(100), 0).find(" GET ") != std::string::npos);
    CHECK(parse_from(with_fields(101), 0) == "431 header_too_large");
    CHECK(parse_from(with_fields(101), with_fields(101).size()) == "431 header_too_large");
}

TEST_CASE("the request stays whole when the input it came from is gone, however long it is") {
    for (const std::size_t length : {10U, 400U, 600U, 15000U}) {
        http::RequestParser parser;
        const std::string value(length, 'v');
        auto input = "DELETE /p?q HTTP/1.1\r\nHost: h\r\nX: " + value + "\r\n\r\n";
        const auto parsed = parser.parse_head(input, 2 * header_bytes);
        REQUIRE(parsed);
        REQUIRE(*parsed == input.size());
        input.assign(input.size(), '#');
        const auto& request = parser.request();
        CHECK(request.method == http::Method::delete_);
        CHECK(request.target == "/p?q");
        CHECK(request.path == "/p");
        CHECK(request.query == "q");
        CHECK(request.host == "h");
        CHECK(request.find("x") == value);
        CHECK(request.find("y") == std::nullopt);
    }
}

TEST_CASE("methods that no route can take are other, and methods are case-sensitive") {
    for (const auto& [text, method] :
         std::vector<std::pair<std::string, http::Method>>{{"GET", http::Method::get},
                                                           {"HEAD", http::Method::head},
                                                           {"POST", http::Method::post},
                                                           {"PUT", http::Method::put},
                                                           {"DELETE", http::Method::delete_},
                                                           {"OPTIONS", http::Method::options},
                                                           {"PATCH", http::Method::other},
                                                           {"TRACE", http::Method::other},
                                                           {"get", http::Method::other},
                                                           {"M-SEARCH", http::Method::other},
                                                           {"!#$%&'*+-.^_`|~", http::Method::other}}) {
        http::RequestParser parser;
        REQUIRE(parser.parse_head(text + " / HTTP/1.1\r\nHost: h\r\n\r\n", header_bytes));
        CHECK(parser.request().method == method);
        CHECK(parser.request().method_text == text);
    }
}

TEST_CASE("a body with a length is given byte for byte and ends where the next request begins") {
    const std::string text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /next";
    const auto head = text.find("hello");
    for (const std::size_t room : {1U, 3U, 64U}) {
        http::RequestParser parser;
        const auto parsed = parser.parse_head(text, header_bytes);
        REQUIRE(parsed);
        REQUIRE(*parsed == head);
        CHECK(parser.content_length() == 5);
        CHECK_FALSE(parser.complete());
        std::vector<char> out(room);
        std::string body;
        auto rest = std::string_view(text).substr(head);
        while (!parser.complete()) {
            const auto step = parser.parse_body(rest, out);
            REQUIRE(step);
            REQUIRE(step->taken > 0);
            body.append(out.data(), step->produced);
            rest.remove_prefix(step->taken);
        }
        CHECK(body == "hello");
        CHECK(rest == "GET /next");
        const auto after = parser.parse_body(rest, out);
        REQUIRE(after);
        CHECK(after->taken == 0);
    }
}

TEST_CASE("a request without a body is complete with its head and waits for no 100") {
    for (const std::string fields : {"", "Content-Length: 0\r\n", "Content-Length: 0\r\nExpect: 100-continue\r\n"}) {
        http::RequestParser parser;
        REQUIRE(parser.parse_head("POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", header_bytes));
        CHECK(parser.complete());
        CHECK(parser.content_length() == 0);
        CHECK_FALSE(parser.expects_continue());
    }
}

TEST_CASE("a chunked body has no length beforehand and is decoded") {
    http::RequestParser parser;
    REQUIRE(parser.parse_head(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n", header_bytes));
    CHECK(parser.content_length() == std::nullopt);
    CHECK(parser.expects_continue());
    CHECK_FALSE(parser.complete());
    std::array<char, 16> out{};
    const auto step = parser.parse_body("3\r\nabc\r\n0\r\n\r\nGET", out);
    REQUIRE(step);
    CHECK(step->taken == 13);
    CHECK(std::string_view(out.data(), step->produced) == "abc");
    CHECK(parser.complete());
    CHECK_FALSE(parser.expects_continue());
}

}  // namespace request_parser_test
