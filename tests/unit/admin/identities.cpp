#include "server/admin/identities.hpp"

#include "records/tokens.hpp"
#include "tests/unit/records/box.hpp"

#include <string>
#include <utility>
#include <vector>

namespace identities_test {

using namespace gatehouse;
using admin::Identities;
using http::Access;
using records::Operators;
using records::Role;
using records::Sessions;
using records::Tokens;

namespace {

struct Door {
    tests::Box box;
    records::Database database = box.open();
    base::Log log{base::LogLevel::error};
    Identities identities{log};

    // What comes of a change in the database is loaded by the tests themselves.
    records::StartedSession session_of(std::int64_t operator_id) {
        auto started = Sessions(database).start(tests::fresh_session(database, operator_id), {}, records::now());
        REQUIRE(started);
        return std::move(*started);
    }
    records::IssuedToken token_of(std::int64_t operator_id, Role role) {
        auto issued = Tokens(database).issue({.operator_id = operator_id, .name = "t", .role = role}, records::now());
        REQUIRE(issued);
        return std::move(*issued);
    }
    std::int64_t add(const std::string& name, Role role = Role::operate) {
        return tests::add_operator(database, name, role);
    }

    // "in", or the refusal's status and code.
    std::string ask(const std::vector<http::HeaderField>& fields, Access access, http::Method method) {
        http::Request request;
        request.method = method;
        request.host = "box.example";
        request.fields = fields;
        const auto refusal = identities.gate()(request, access);
        CHECK((request.caller != nullptr || refusal));
        if (!refusal) return "in";
        const auto& body = std::get<std::string>(refusal->body);
        const auto begin = body.find("\"code\":\"") + 8;
        return std::to_string(refusal->status) + " " + body.substr(begin, body.find('"', begin) - begin);
    }
    std::string ask_with(const records::StartedSession& session, Access access = Access::read,
                         http::Method method = http::Method::get) {
        const std::string cookie = std::string(Identities::cookie_name) + "=" + std::string(session.bearer.reveal());
        return ask({{"Cookie", cookie}}, access, method);
    }
    std::string ask_with(const records::IssuedToken& token, Access access = Access::read) {
        const std::string field = "bearer " + std::string(token.bearer.reveal());
        return ask({{"Authorization", field}}, access, http::Method::post);
    }
    // Nothing can be read any more of what the snapshot is made of.
    void damage() { REQUIRE(database.run_script("ALTER TABLE tokens RENAME TO tokens_gone")); }
    void repair() { REQUIRE(database.run_script("ALTER TABLE tokens_gone RENAME TO tokens")); }
    void forbid_writing() { REQUIRE(database.run_script("PRAGMA query_only = ON")); }
    void allow_writing() { REQUIRE(database.run_script("PRAGMA query_only = OFF")); }
};

}  // namespace

TEST_CASE("who shows nothing, or nothing that is known, is not signed in") {
    Door door;
    door.add("ada");
    REQUIRE(door.identities.load(door.database));
    for (const Access access : {Access::read, Access::operate, Access::console}) {
        CHECK(door.ask({}, access, http::Method::get) == "401 not_signed_in");
        CHECK(door.ask({{"Cookie", "__Host-gatehouse-admin=x"}}, access, http::Method::get) == "401 not_signed_in");
        CHECK(door.ask({{"Authorization", "Bearer x"}}, access, http::Method::get) == "401 not_signed_in");
        CHECK(door.ask({{"Authorization", "Basic x"}}, access, http::Method::get) == "401 not_signed_in");
    }
    CHECK(door.ask({{"Cookie", "__Host-gatehouse-admin=x; __Host-gatehouse-admin=y"}}, Access::read,
                   http::Method::get) == "400 ambiguous_cookie");
}

TEST_CASE("each role is let in as far as it goes, and nobody at this door to what is the console's") {
    Door door;
    const auto ada = door.add("ada");
    const auto reader = door.session_of(door.add("reader", Role::read));
    const auto operating = door.session_of(ada);
    const auto weak = door.token_of(ada, Role::read);
    REQUIRE(door.identities.load(door.database));
    CHECK(door.ask_with(reader) == "in");
    CHECK(door.ask_with(reader, Access::operate) == "403 role_too_low");
    CHECK(door.ask_with(reader, Access::console) == "403 console_only");
    CHECK(door.ask_with(operating, Access::operate) == "in");
    CHECK(door.ask_with(operating, Access::console) == "403 console_only");
    CHECK(door.ask_with(weak) == "in");
    CHECK(door.ask_with(weak, Access::operate) == "403 role_too_low");
    CHECK(door.ask_with(weak, Access::console) == "403 console_only");
}

TEST_CASE("a change asked for with a cookie must come from the door's own pages, one with a token need not") {
    Door door;
    const auto ada = door.add("ada");
    const auto session = door.session_of(ada);
    const auto token = door.token_of(ada, Role::operate);
    REQUIRE(door.identities.load(door.database));
    const std::string cookie = std::string(Identities::cookie_name) + "=" + std::string(session.bearer.reveal());
    const auto post = http::Method::post;
    CHECK(door.ask({{"Cookie", cookie}}, Access::operate, post) == "403 origin_missing");
    CHECK(door.ask({{"Cookie", cookie}, {"Origin", "https://other.example"}}, Access::operate, post) ==
          "403 foreign_origin");
    CHECK(door.ask({{"Cookie", cookie}, {"Origin", "https://box.example"}}, Access::operate, post) == "in");
    CHECK(door.ask_with(token, Access::operate) == "in");
}

TEST_CASE("a session or token that was made is let in after the next refresh") {
    Door door;
    const auto ada = door.add("ada");
    const auto session = door.session_of(ada);
    const auto token = door.token_of(ada, Role::operate);
    CHECK(door.ask_with(session) == "401 not_signed_in");
    door.identities.refresh(door.database);
    CHECK(door.ask_with(session) == "in");
    CHECK(door.ask_with(token) == "in");
}

TEST_CASE("a refresh loads although what was seen cannot be written") {
    Door door;
    const auto ada = door.add("ada");
    const auto session = door.session_of(ada);
    const auto leaving = door.session_of(ada);
    const auto token = door.token_of(ada, Role::operate);
    REQUIRE(door.identities.load(door.database));
    CHECK(door.ask_with(session) == "in");
    REQUIRE(Sessions(door.database).end(ada, leaving.session.id));
    REQUIRE(Tokens(door.database).revoke(ada, token.token.id));
    door.forbid_writing();
    door.identities.refresh(door.database);
    CHECK(door.ask_with(session) == "in");
    CHECK(door.ask_with(leaving) == "401 not_signed_in");
    CHECK(door.ask_with(token) == "401 not_signed_in");
    CHECK_FALSE(door.identities.keep_up(door.database));
    door.allow_writing();
    CHECK(door.identities.keep_up(door.database));
}

TEST_CASE("what is forgotten comes in no more although nothing can be loaded, and stays so") {
    Door door;
    const auto ada = door.add("ada");
    const auto bob = door.add("bob");
    const auto ended = door.session_of(ada);
    const auto other = door.session_of(ada);
    const auto of_bob = door.session_of(bob);
    const auto token = door.token_of(ada, Role::operate);
    const auto bobs_token = door.token_of(bob, Role::operate);
    REQUIRE(door.identities.load(door.database));
    door.damage();
    door.identities.forget_session(ended.session.id);
    door.identities.refresh(door.database);
    CHECK(door.ask_with(ended) == "401 not_signed_in");
    CHECK(door.ask_with(other) == "in");
    CHECK_FALSE(door.identities.session(std::to_string(ended.session.id)));
    CHECK(door.identities.sessions().size() == 2);

    door.identities.forget_token(token.token.id);
    CHECK(door.ask_with(token) == "401 not_signed_in");
    CHECK(door.ask_with(bobs_token) == "in");

    door.identities.forget_sessions_of(ada);
    CHECK(door.ask_with(other) == "401 not_signed_in");
    CHECK(door.ask_with(of_bob) == "in");

    door.identities.forget_operator(bob);
    CHECK(door.ask_with(of_bob) == "401 not_signed_in");
    CHECK(door.ask_with(bobs_token) == "401 not_signed_in");

    door.repair();
    REQUIRE(door.identities.keep_up(door.database));
    CHECK(door.ask_with(ended) == "401 not_signed_in");
    CHECK(door.identities.sessions().empty());
}

TEST_CASE("a load that failed after a change is made up for when the database can be read again") {
    Door door;
    const auto ada = door.add("ada");
    REQUIRE(door.identities.load(door.database));
    const auto session = door.session_of(ada);
    door.damage();
    CHECK_FALSE(door.identities.load(door.database));
    door.identities.refresh(door.database);
    CHECK(door.ask_with(session) == "401 not_signed_in");
    door.repair();
    REQUIRE(door.identities.keep_up(door.database));
    CHECK(door.ask_with(session) == "in");
}

TEST_CASE("when a session was seen, and a token used, is written down now and then") {
    Door door;
    const auto ada = door.add("ada");
    const auto session = door.session_of(ada);
    const auto token = door.token_of(ada, Role::read);
    REQUIRE(door.identities.load(door.database));
    CHECK(door.ask_with(session) == "in");
    CHECK(door.ask_with(token) == "in");
    REQUIRE(door.identities.keep_up(door.database));
    CHECK(Sessions(door.database).live(records::now())->front().last_seen > session.session.last_seen);
    CHECK(Tokens(door.database).list()->front().last_used);
}

}  // namespace identities_test
