#include "server/admin/replies.hpp"

#include "server/admin/identities.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace replies_test {

using namespace gatehouse;
using base::ErrorKind;
using config::Interface;
using nlohmann::json;

namespace {

json document(const http::Response& response) {
    return json::parse(std::get<std::string>(response.body));
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

http::Request request_by(std::string_view means) {
    http::Request request;
    request.caller =
        std::make_shared<const http::Caller>(http::Caller{"ada", std::string(means), "1", http::Access::operate});
    return request;
}

http::Request request_for(std::string interface) {
    http::Request request;
    request.parameters = {{"interface", std::move(interface)}};
    return request;
}

}  // namespace

TEST_CASE("an answer without content has no body") {
    const auto response = admin::no_content();
    CHECK(response.status == 204);
    CHECK(std::holds_alternative<std::monostate>(response.body));
}

TEST_CASE("who asks too often is told how long to wait, for people and for programs") {
    const auto response = admin::too_many(std::chrono::seconds(90));
    CHECK(response.status == 429);
    CHECK(field(response, "Retry-After") == "90");
    CHECK(document(response).at("code") == "too_many_requests");
    CHECK(document(response).at("detail") == "Wait 90 seconds before the next attempt.");
    CHECK(document(admin::too_many(std::chrono::seconds(1))).at("detail") == "Wait 1 second before the next attempt.");
}

TEST_CASE("what the rules refuse of a value is the body's fault; all else is what it is") {
    const auto invalid = admin::refused(error_of(ErrorKind::input));
    CHECK(invalid.status == 422);
    CHECK(document(invalid).at("code") == "some_code");
    CHECK(document(invalid).at("detail") == "It is so. Do this.");
    CHECK(admin::refused(error_of(ErrorKind::denied)).status == 403);
    CHECK(admin::refused(error_of(ErrorKind::not_found)).status == 404);
    CHECK(admin::refused(error_of(ErrorKind::conflict)).status == 409);
    CHECK(admin::refused(error_of(ErrorKind::unavailable)).status == 503);
    const auto inside = admin::refused(error_of(ErrorKind::internal));
    CHECK(inside.status == 500);
    CHECK_FALSE(document(inside).contains("detail"));
}

TEST_CASE("an error that is a member's fault points to the member, whatever its kind") {
    const auto taken = error_of(ErrorKind::conflict);
    const auto pointed = admin::refused(taken, {{"other_code", "/other"}, {"some_code", "/username"}});
    CHECK(pointed.status == 422);
    CHECK(document(pointed).at("pointer") == "/username");
    CHECK(document(pointed).at("code") == "some_code");
    CHECK(document(pointed).at("detail") == "It is so. Do this.");
    const auto unknown = admin::refused(taken, {{"other_code", "/other"}});
    CHECK(unknown.status == 409);
    CHECK_FALSE(document(unknown).contains("pointer"));
}

TEST_CASE("a token is not enough where somebody has to have signed in; a session is, and the console") {
    const auto refusal = admin::refuse_token(request_by(admin::by_token));
    REQUIRE(refusal);
    CHECK(refusal->status == 403);
    CHECK(document(*refusal).at("code") == "token_not_allowed");
    CHECK_FALSE(admin::refuse_token(request_by(admin::by_session)));
    CHECK_FALSE(admin::refuse_token(request_by(admin::by_console)));
}

TEST_CASE("a path names a door by its name, exactly") {
    CHECK(admin::interface_of(request_for("clean")) == Interface::clean);
    CHECK(admin::interface_of(request_for("admin")) == Interface::admin);
    for (const char* none : {"", "Clean", "adminx", "dirty"})
        CHECK_FALSE(admin::interface_of(request_for(none)));
    const auto missing = admin::no_such_door(request_for("dirty"));
    CHECK(missing.status == 404);
    CHECK(document(missing).at("detail") == "There is no door dirty, only clean and admin.");
}

}  // namespace replies_test
