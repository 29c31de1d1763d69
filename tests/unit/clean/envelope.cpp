#include "server/clean/envelope.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace envelope_test {

using namespace gatehouse;
using http::Json;

namespace {

Json document(const http::Response& response) {
    return Json::parse(http::text_of(response.body));
}

std::string content_type(const http::Response& response) {
    for (const auto& [name, value] : response.fields) {
        if (name == "Content-Type") return value;
    }
    return {};
}

http::Request request_for(std::string_view path) {
    http::Request request;
    request.path = path;
    return request;
}

}  // namespace

TEST_CASE("the public API is known by its paths, exactly") {
    for (const char* path : {"/api/v2", "/api/v2/", "/api/v2/samples"})
        CHECK(clean::api_version(path) == 2);
    CHECK(clean::api_version("/api/v3/session/whoami") == 3);
    for (const char* path : {"", "/", "/api/v", "/api/v1/session", "/api/v20", "/api/v2x/", "/api/v4/", "/x/api/v2/"})
        CHECK(clean::api_version(path) == 0);
}

TEST_CASE("data comes in an envelope that says the version of the path") {
    const auto answer = document(clean::enveloped(request_for("/api/v2/x"), {{"login", "ada"}}));
    CHECK(answer.at("api_version") == 2);
    CHECK(answer.at("id").is_number_integer());
    CHECK(answer.at("id").get<std::int64_t>() >= 0);
    CHECK(answer.at("data") == Json{{"login", "ada"}});
    CHECK(answer.size() == 3);
}

TEST_CASE("a list says which part of how many it is, also past its end") {
    const auto page = clean::page_of(
        {.index = 40, .total = 12, .items_per_page = 20, .took = std::chrono::milliseconds(3)}, Json::array());
    CHECK(page == Json{{"index", 40},
                       {"total", 12},
                       {"took", 3},
                       {"timed_out", false},
                       {"items_per_page", 20},
                       {"current_item_count", 0},
                       {"items", Json::array()}});
}

TEST_CASE("a problem becomes the field's error under its paths, with status and fields as they were") {
    auto response = http::too_many(std::chrono::seconds(7));
    clean::dress_refusal(request_for("/api/v3/users/ada"), response);
    CHECK(response.status == 429);
    CHECK(content_type(response) == "application/json");
    const auto answer = document(response);
    CHECK(answer.at("api_version") == 3);
    CHECK(answer.at("error").at("code") == 429);
    CHECK(answer.at("error").at("message") == "Wait 7 seconds before the next attempt.");
    CHECK(answer.at("error").at("errors") ==
          Json::array({{{"code", 429}, {"message", "Wait 7 seconds before the next attempt."}}}));
    bool waits = false;
    for (const auto& [name, value] : response.fields)
        waits = waits || (name == "Retry-After" && value == "7");
    CHECK(waits);
}

TEST_CASE("a failure inside is told by the name of its status alone") {
    auto response = http::problem(base::Error{base::ErrorKind::io, "database_io", "The secret file is broken.", {}});
    clean::dress_refusal(request_for("/api/v2/samples"), response);
    CHECK(document(response).at("error").at("message") == "Internal Server Error");
}

TEST_CASE("what is no problem, or of another path, stays as it is") {
    auto other = http::problem(404, "not_found", "There is nothing.");
    clean::dress_refusal(request_for("/api/v1/users"), other);
    CHECK(content_type(other) == "application/problem+json");
    auto good = http::json_response({{"a", 1}});
    clean::dress_refusal(request_for("/api/v3/users"), good);
    CHECK(document(good) == Json{{"a", 1}});
    auto empty = http::no_content();
    clean::dress_refusal(request_for("/api/v3/users"), empty);
    CHECK(std::holds_alternative<std::monostate>(empty.body));
}

}  // namespace envelope_test
