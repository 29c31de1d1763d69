#include "server/admin/replies.hpp"

#include "server/admin/identities.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace replies_test {

using namespace gatehouse;
using config::Interface;
using nlohmann::json;

namespace {

json document(const http::Response& response) {
    return json::parse(std::get<std::string>(response.body));
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
