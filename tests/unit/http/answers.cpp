#include "server/http/answers.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

namespace answers_test {

using namespace gatehouse;
using base::ErrorKind;
using http::Json;

namespace {

Json document(const http::Response& response) {
    return Json::parse(std::get<std::string>(response.body));
}

std::string field(const http::Response& response, const std::string& name) {
    for (const auto& [known, value] : response.fields) {
        if (known == name) return value;
    }
    return "";
}

base::Error error_of(ErrorKind kind) {
    return {kind, "some_code", "It is so.", "Do this."};
}

}  // namespace

TEST_CASE("an answer without content has no body") {
    const auto response = http::no_content();
    CHECK(response.status == 204);
    CHECK(std::holds_alternative<std::monostate>(response.body));
}

TEST_CASE("who asks too often is told how long to wait, for people and for programs") {
    const auto response = http::too_many(std::chrono::seconds(90));
    CHECK(response.status == 429);
    CHECK(field(response, "Retry-After") == "90");
    CHECK(document(response).at("code") == "too_many_requests");
    CHECK(document(response).at("detail") == "Wait 90 seconds before the next attempt.");
    CHECK(document(http::too_many(std::chrono::seconds(1))).at("detail") == "Wait 1 second before the next attempt.");
}

TEST_CASE("what the rules refuse of a value is the body's fault; all else is what it is") {
    const auto invalid = http::refused(error_of(ErrorKind::input));
    CHECK(invalid.status == 422);
    CHECK(document(invalid).at("code") == "some_code");
    CHECK(document(invalid).at("detail") == "It is so. Do this.");
    CHECK(http::refused(error_of(ErrorKind::denied)).status == 403);
    CHECK(http::refused(error_of(ErrorKind::not_found)).status == 404);
    CHECK(http::refused(error_of(ErrorKind::conflict)).status == 409);
    CHECK(http::refused(error_of(ErrorKind::unavailable)).status == 503);
    const auto inside = http::refused(error_of(ErrorKind::internal));
    CHECK(inside.status == 500);
    CHECK_FALSE(document(inside).contains("detail"));
}

TEST_CASE("an error that is a member's fault points to the member, whatever its kind") {
    const auto taken = error_of(ErrorKind::conflict);
    const auto pointed = http::refused(taken, {{"other_code", "/other"}, {"some_code", "/username"}});
    CHECK(pointed.status == 422);
    CHECK(document(pointed).at("pointer") == "/username");
    CHECK(document(pointed).at("code") == "some_code");
    CHECK(document(pointed).at("detail") == "It is so. Do this.");
    const auto unknown = http::refused(taken, {{"other_code", "/other"}});
    CHECK(unknown.status == 409);
    CHECK_FALSE(document(unknown).contains("pointer"));
}

TEST_CASE("a page of a list says where the next one begins, or that there is none") {
    CHECK(document(http::list_response(Json::array({1}))) == Json{{"items", {1}}, {"next", nullptr}});
    CHECK(document(http::list_response(Json::array(), "c")) == Json{{"items", Json::array()}, {"next", "c"}});
}

TEST_CASE("times are told to the second, and what is missing is null") {
    const std::chrono::sys_time<std::chrono::microseconds> late{std::chrono::microseconds(1'767'225'600'999'999)};
    CHECK(http::time_shape(1'767'225'600) == "2026-01-01T00:00:00Z");
    CHECK(http::moment_shape(late) == "2026-01-01T00:00:00Z");
    CHECK(http::moment_or_null(std::nullopt).is_null());
    CHECK(http::text_or_null("").is_null());
}

TEST_CASE("bytes that are no UTF-8 do not make an answer fail") {
    CHECK(document(http::json_response({{"name", "a\xff"}})).at("name") == "a\xef\xbf\xbd");
}

}  // namespace answers_test
