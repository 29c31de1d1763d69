#include "server/http/response.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace response_test {

using namespace gatehouse;

namespace {

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string head_of(const http::Response& response, bool keep_alive = true) {
    std::string out = "before ";
    http::write_head(response, keep_alive, date, out);
    REQUIRE(out.starts_with("before "));  // appended, not assigned
    return out.substr(7);
}

nlohmann::json document(const http::Response& response) {
    return nlohmann::json::parse(std::get<std::string>(response.body));
}

}  // namespace

TEST_CASE("a head is status line, fields, prepared lines, date, length and the empty line") {
    http::Response response;
    response.fields = {{"Content-Type", "text/plain"}};
    response.prepared = std::make_shared<const std::string>("ETag: \"x\"\r\n");
    response.body = std::string("hello");
    CHECK(head_of(response) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"x\"\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
          "Content-Length: 5\r\n\r\n");
}

TEST_CASE("Connection: close is written when the connection ends") {
    http::Response response;
    CHECK(head_of(response, true).find("Connection") == std::string::npos);
    CHECK(head_of(response, false).find("\r\nConnection: close\r\n") != std::string::npos);
    response.close = true;
    CHECK(head_of(response, true).find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("a length is told where it must be and nowhere else") {
    const auto length_of = [](unsigned status, const http::Body& body, std::optional<std::uint64_t> declared) {
        http::Response response;
        response.status = status;
        response.body = body;
        response.declared_size = declared;
        const auto head = head_of(response);
        const auto at = head.find("Content-Length: ");
        return at == std::string::npos ? std::string("none") : head.substr(at + 16, head.find('\r', at) - at - 16);
    };
    const auto shared = std::make_shared<const std::string>("abc");
    CHECK(length_of(200, std::monostate(), std::nullopt) == "0");
    CHECK(length_of(200, std::string("abcd"), std::nullopt) == "4");
    CHECK(length_of(200, shared, std::nullopt) == "3");
    CHECK(length_of(200, http::SharedBody(), std::nullopt) == "0");
    CHECK(length_of(200, http::FileBody{nullptr, 7, 18446744073709551615U}, std::nullopt) == "18446744073709551615");
    CHECK(length_of(200, std::monostate(), 9) == "9");
    CHECK(length_of(404, std::string("x"), std::nullopt) == "1");
    CHECK(length_of(204, std::monostate(), 9) == "none");
    CHECK(length_of(304, std::monostate(), std::nullopt) == "none");
    CHECK(length_of(304, std::monostate(), 9) == "9");
    CHECK(length_of(100, std::monostate(), std::nullopt) == "none");
}

TEST_CASE("an interim response is no more than its status line") {
    http::Response response;
    response.status = 100;
    CHECK(head_of(response, false) == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("a status without a name keeps the space that its line must have") {
    http::Response response;
    response.status = 299;
    CHECK(head_of(response).starts_with("HTTP/1.1 299 \r\n"));
    CHECK(http::reason_phrase(431) == "Request Header Fields Too Large");
}

TEST_CASE("no field value can begin another field") {
    http::Response response;
    response.fields = {{"Location", "/a\r\nSet-Cookie: b=c\r\n\r\n<html>"}, {"X\r\nY", "\n"}};
    CHECK(head_of(response).starts_with(
        "HTTP/1.1 200 OK\r\nLocation: /a  Set-Cookie: b=c    <html>\r\nX  Y:  \r\nDate: "));
}

TEST_CASE("what lies in memory leaves with the head, and nothing of what does not") {
    const auto start_of = [](http::Body body) {
        http::Response response;
        response.body = std::move(body);
        std::string head;
        std::string start;
        http::write_head(response, true, "today", head);
        http::write_start(response, true, "today", start);
        REQUIRE(start.starts_with(head));
        return start.substr(head.size());
    };
    CHECK(start_of(std::string("own")) == "own");
    CHECK(start_of(std::make_shared<const std::string>("shared")) == "shared");
    CHECK(start_of(http::SharedBody()) == "");
    CHECK(start_of(http::FileBody{nullptr, 0, 9}) == "");
    CHECK(start_of(std::monostate()) == "");
}

TEST_CASE("the body for HEAD is dropped and its size declared") {
    http::Response response;
    response.body = std::string("hello");
    http::drop_body(response);
    CHECK(http::body_size(response.body) == 0);
    CHECK(head_of(response).find("Content-Length: 5\r\n") != std::string::npos);
    http::drop_body(response);
    CHECK(response.declared_size == 5);

    http::Response not_modified;
    not_modified.status = 304;
    http::drop_body(not_modified);
    CHECK(head_of(not_modified).find("Content-Length") == std::string::npos);
}

TEST_CASE("a problem document tells status, code and detail") {
    const auto response = http::problem(422, "bad_member", "The member \"name\" is missing.");
    CHECK(response.status == 422);
    CHECK(response.fields == decltype(response.fields){{"Content-Type", "application/problem+json"},
                                                       {"X-Content-Type-Options", "nosniff"}});
    CHECK(document(response) == nlohmann::json{{"type", "about:blank"},
                                               {"title", "Unprocessable Content"},
                                               {"status", 422},
                                               {"code", "bad_member"},
                                               {"detail", "The member \"name\" is missing."}});
}

TEST_CASE("a problem document is valid JSON whatever bytes the detail has") {
    CHECK(document(http::problem(400, "x", "\xff\xfe \"\n\x01")).at("code") == "x");
}

TEST_CASE("a problem of ours tells its code and nothing of the inside") {
    const auto response = http::problem(base::Error{base::ErrorKind::io, "file_io", "/secret/place failed.", "Look."});
    CHECK(response.status == 500);
    const auto told = std::get<std::string>(response.body);
    CHECK(told.find("file_io") != std::string::npos);
    CHECK(told.find("secret") == std::string::npos);
    CHECK(told.find("detail") == std::string::npos);
}

TEST_CASE("each kind of error has its status, and a full disk one of its own") {
    using base::ErrorKind;
    const auto status_of = [](ErrorKind kind, const char* code = "c") {
        return http::status_of({kind, code, "What.", ""});
    };
    CHECK(status_of(ErrorKind::input) == 400);
    CHECK(status_of(ErrorKind::denied) == 403);
    CHECK(status_of(ErrorKind::not_found) == 404);
    CHECK(status_of(ErrorKind::conflict) == 409);
    CHECK(status_of(ErrorKind::io) == 500);
    CHECK(status_of(ErrorKind::io, "disk_full") == 507);
    CHECK(status_of(ErrorKind::crypto) == 500);
    CHECK(status_of(ErrorKind::internal) == 500);
    CHECK(status_of(ErrorKind::unavailable) == 503);
    CHECK(document(http::problem(base::Error{ErrorKind::input, "c", "What.", "Do."})).at("detail") == "What. Do.");
}

TEST_CASE("what can be tried again says when, and only where the answer says so") {
    using base::ErrorKind;
    const auto retry_after = [](const http::Response& response) {
        const auto found =
            std::ranges::find_if(response.fields, [](const auto& one) { return one.first == "Retry-After"; });
        return found == response.fields.end() ? std::string() : found->second;
    };
    const auto told = [](const char* code) {
        return http::problem(base::Error{ErrorKind::unavailable, code, "What.", ""});
    };
    CHECK(retry_after(told("busy")) == "2");
    CHECK(retry_after(told("database_busy")) == "2");
    CHECK(retry_after(told("stopping")).empty());
    CHECK(retry_after(http::problem(503, "busy", "What.")) == "2");
    CHECK(retry_after(http::problem(409, "busy", "What.")).empty());
    for (const char* code : {"too_many_devices", "too_many_changes"}) {
        CHECK(told(code).status == 429);
        CHECK_FALSE(retry_after(told(code)).empty());
    }
}

}  // namespace response_test
