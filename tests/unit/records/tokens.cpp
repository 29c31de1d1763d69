#include "records/tokens.hpp"

#include "tests/unit/records/box.hpp"

namespace tokens_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::tests::add_operator;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;
using std::chrono::hours;

}  // namespace

TEST_CASE("a token is loaded by the digest of what was shown once, also after a restart") {
    Box box;
    Digest digest{};
    {
        auto database = box.open();
        const auto id = add_operator(database, "ada");
        const auto issued =
            Tokens(database).issue({id, "backup \xE2\x82\xAC", Role::operate, new_year + hours(1)}, new_year);
        REQUIRE(issued);
        CHECK(issued->bearer.size() == 46);
        CHECK(issued->bearer.reveal().starts_with("gh_"));
        digest = digest_of(issued->bearer.reveal());
        REQUIRE(database.query("PRAGMA wal_checkpoint(TRUNCATE)"));
        const auto contents = box.files.read(box.file, 1U << 24U);
        CHECK(contents->bytes.reveal().find(issued->bearer.reveal().substr(3)) == std::string_view::npos);
    }
    auto database = box.open();
    const auto all = Tokens(database).live(new_year);
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    const Token& token = all->front();
    CHECK(token.digest == digest);
    CHECK(token.operator_name == "ada");
    CHECK(token.name == "backup \xE2\x82\xAC");
    CHECK(token.role == Role::operate);
    CHECK(token.created == new_year);
    CHECK(token.expires == new_year + hours(1));
}

TEST_CASE("a token that has expired is not live, and one without a date stays") {
    Box box;
    auto database = box.open();
    Tokens tokens(database);
    const auto id = add_operator(database, "ada");
    REQUIRE(tokens.issue({id, "short", Role::read, new_year + hours(1)}, new_year));
    REQUIRE(tokens.issue({id, "for good", Role::read, std::nullopt}, new_year));
    CHECK(tokens.live(new_year)->size() == 2);
    CHECK(tokens.live(new_year + hours(1))->size() == 1);
    const auto all = tokens.list(id);
    REQUIRE(all->size() == 2);
    CHECK((*all)[0].name == "for good");
    CHECK(is_live((*all)[0], new_year + hours(100'000)));
    CHECK(is_live((*all)[1], new_year + hours(1) - std::chrono::microseconds(1)));
    CHECK_FALSE(is_live((*all)[1], new_year + hours(1)));
    CHECK(error_of(tokens.issue({id, "late", Role::read, new_year}, new_year)).code == "expiry_past");
}

TEST_CASE("a token can't do more than its operator, neither when it is made nor later") {
    Box box;
    auto database = box.open();
    Tokens tokens(database);
    add_operator(database, "keeper");
    const auto reader = add_operator(database, "reader", Role::read);
    const auto ada = add_operator(database, "ada");
    const auto error = error_of(tokens.issue({reader, "t", Role::operate, {}}, new_year));
    CHECK(error.kind == ErrorKind::denied);
    CHECK(error.code == "role_too_high");
    REQUIRE(tokens.issue({reader, "t", Role::read, {}}, new_year));
    REQUIRE(tokens.issue({ada, "low", Role::read, {}}, new_year));
    REQUIRE(tokens.issue({ada, "high", Role::operate, {}}, new_year));
    CHECK((*tokens.list(ada))[0].role == Role::operate);
    CHECK((*tokens.list(ada))[1].role == Role::read);
    REQUIRE(database.change("UPDATE operators SET role = 'read' WHERE name = 'ada'", {}));
    CHECK((*tokens.list(ada))[0].role == Role::read);
    const auto live = tokens.live(new_year);
    REQUIRE(live->size() == 3);
    for (const Token& token : *live)
        CHECK(token.role == Role::read);
}

TEST_CASE("an operator has each name once; another may have it too") {
    Box box;
    auto database = box.open();
    Tokens tokens(database);
    const auto ada = add_operator(database, "ada");
    const auto bob = add_operator(database, "bob");
    REQUIRE(tokens.issue({ada, "backup", Role::read, {}}, new_year));
    const auto error = error_of(tokens.issue({ada, "backup", Role::read, {}}, new_year));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "token_exists");
    REQUIRE(tokens.issue({bob, "backup", Role::read, {}}, new_year));
    CHECK(tokens.list()->size() == 2);
    for (const std::string& bad :
         {std::string(), std::string(65, 'x'), std::string("a\nb"), std::string("\xFF"), std::string("a\0b", 3)}) {
        CHECK(error_of(tokens.issue({ada, bad, Role::read, {}}, new_year)).code == "name_invalid");
    }
    CHECK(error_of(tokens.issue({9999, "x", Role::read, {}}, new_year)).code == "no_operator");
}

TEST_CASE("a revoked token is gone, and only its own operator's is revoked") {
    Box box;
    auto database = box.open();
    Tokens tokens(database);
    const auto ada = add_operator(database, "ada");
    const auto bob = add_operator(database, "bob");
    const auto id = tokens.issue({ada, "backup", Role::read, {}}, new_year)->token.id;
    CHECK(error_of(tokens.revoke(bob, id)).kind == ErrorKind::not_found);
    REQUIRE(tokens.revoke(ada, id));
    CHECK(error_of(tokens.revoke(ada, id)).code == "no_token");
    CHECK(tokens.live(new_year)->empty());
    CHECK(tokens.issue({ada, "backup", Role::read, {}}, new_year)->token.id > id);
}

TEST_CASE("when a token was used last is kept, and an earlier time changes nothing") {
    Box box;
    auto database = box.open();
    Tokens tokens(database);
    const auto ada = add_operator(database, "ada");
    const auto used = tokens.issue({ada, "used", Role::read, {}}, new_year)->token.id;
    REQUIRE(tokens.issue({ada, "unused", Role::read, {}}, new_year));
    REQUIRE(tokens.touch(std::vector<Sighting>{{used, new_year + hours(2)}, {used + 100, new_year}}));
    REQUIRE(tokens.touch(std::vector<Sighting>{{used, new_year + hours(1)}}));
    REQUIRE(tokens.touch({}));
    const auto all = tokens.list();
    REQUIRE(all->size() == 2);
    CHECK_FALSE((*all)[0].last_used);
    CHECK((*all)[1].last_used == new_year + hours(2));
}

}  // namespace tokens_test
