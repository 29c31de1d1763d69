#include "records/sessions.hpp"

#include "tests/unit/records/box.hpp"

namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::config::Interface;
using gatehouse::tests::add_operator;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

StartedSession started(Sessions& sessions, std::int64_t operator_id, Time when = new_year) {
    auto session = sessions.start({operator_id, Interface::admin, "192.0.2.7", "Mozilla/5.0"}, {}, when);
    REQUIRE(session);
    return std::move(*session);
}

std::vector<std::int64_t> ids(const gatehouse::base::Result<std::vector<Session>>& sessions) {
    REQUIRE(sessions);
    std::vector<std::int64_t> all;
    for (const Session& session : *sessions)
        all.push_back(session.id);
    return all;
}

}  // namespace

TEST_CASE("a session that was started is loaded by the digest of what the browser holds, also after a restart") {
    Box box;
    Digest digest{};
    {
        auto database = box.open();
        const auto id = add_operator(database, "ada", Role::read);
        const auto begun = Sessions(database).start(
            {id, Interface::clean, "2001:db8::7", std::string("Mozilla\n\xFF") + std::string(1000, 'x')}, {}, new_year);
        REQUIRE(begun);
        CHECK(begun->bearer.size() == 43);
        digest = digest_of(begun->bearer.reveal());
        CHECK(begun->session.digest == digest);
    }
    auto database = box.open();
    const auto all = Sessions(database).live(new_year);
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    const Session& session = all->front();
    CHECK(session.digest == digest);
    CHECK(session.operator_name == "ada");
    CHECK(session.role == Role::read);
    CHECK(session.door == Interface::clean);
    CHECK(session.created == new_year);
    CHECK(session.last_seen == new_year);
    CHECK(session.idle == minutes(30));
    CHECK(session.ends == new_year + hours(12));
    CHECK(session.address == "2001:db8::7");
    CHECK(session.user_agent == "Mozilla??" + std::string(247, 'x'));
}

TEST_CASE("what the browser holds is not in the file") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    const auto begun = started(sessions, add_operator(database, "ada"));
    REQUIRE(database.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    const auto contents = box.files.read(box.file, 1U << 24U);
    REQUIRE(contents);
    CHECK(contents->bytes.reveal().find(begun.bearer.reveal()) == std::string_view::npos);
}

TEST_CASE("a session ends when it was idle for too long, and at its absolute end whatever is done in it") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    const auto id = add_operator(database, "ada");
    const auto begun = sessions.start({.operator_id = id}, {minutes(10), hours(1)}, new_year);
    REQUIRE(begun);
    Session session = begun->session;
    const auto agree = [&](Time when, bool live) {
        CHECK(is_live(session, when) == live);
        CHECK(ids(sessions.live(when)).size() == (live ? 1 : 0));
        CHECK(ids(sessions.of_operator(id, when)).size() == (live ? 1 : 0));
    };
    agree(new_year, true);
    agree(new_year + minutes(10) - microseconds(1), true);
    agree(new_year + minutes(10), false);
    session.last_seen = new_year + minutes(55);
    REQUIRE(sessions.touch(std::vector<Sighting>{{session.id, session.last_seen}}));
    agree(new_year + minutes(56), true);
    agree(new_year + hours(1) - microseconds(1), true);
    agree(new_year + hours(1), false);
    CHECK(sessions.expire(new_year + minutes(59)) == 0);
    CHECK(sessions.expire(new_year + hours(1)) == 1);
    CHECK(sessions.expire(new_year + hours(1)) == 0);
}

TEST_CASE("what was seen is written in one go; what is gone, and an earlier time, change nothing") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    const auto id = add_operator(database, "ada");
    const auto a = started(sessions, id).session.id;
    const auto b = started(sessions, id).session.id;
    REQUIRE(sessions.touch(
        std::vector<Sighting>{{a, new_year + minutes(5)}, {9999, new_year + minutes(5)}, {b, new_year - minutes(5)}}));
    REQUIRE(sessions.touch({}));
    const auto all = sessions.of_operator(id, new_year);
    REQUIRE(all->size() == 2);
    CHECK((*all)[0].id == a);
    CHECK((*all)[0].last_seen == new_year + minutes(5));
    CHECK((*all)[1].id == b);
    CHECK((*all)[1].last_seen == new_year);
}

TEST_CASE("a session is ended by its own operator only; all of an operator end but for the one that is kept") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    const auto ada = add_operator(database, "ada");
    const auto bob = add_operator(database, "bob");
    const auto first = started(sessions, ada).session.id;
    const auto second = started(sessions, ada).session.id;
    const auto third = started(sessions, ada).session.id;
    const auto of_bob = started(sessions, bob).session.id;
    const auto error = error_of(sessions.end(bob, first));
    CHECK(error.kind == ErrorKind::not_found);
    CHECK(error.code == "no_session");
    REQUIRE(sessions.end(ada, first));
    CHECK(error_of(sessions.end(ada, first)).code == "no_session");
    CHECK(sessions.end_all(ada, third) == 1);
    CHECK(ids(sessions.live(new_year)) == std::vector<std::int64_t>{third, of_bob});
    CHECK(sessions.end_all(ada) == 1);
    CHECK(ids(sessions.live(new_year)) == std::vector<std::int64_t>{of_bob});
    CHECK(second != third);
}

TEST_CASE("the role of a session is its operator's present one") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    add_operator(database, "keeper");
    started(sessions, add_operator(database, "ada"));
    CHECK(sessions.live(new_year)->front().role == Role::operate);
    REQUIRE(Operators(database).set_role("ada", Role::read));
    CHECK(sessions.live(new_year)->front().role == Role::read);
}

TEST_CASE("an operator has a hundred sessions at most; the one that was not seen for longest gives way") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    const auto ada = add_operator(database, "ada");
    const auto bob = add_operator(database, "bob");
    const auto of_bob = started(sessions, bob).session.id;
    const auto first = started(sessions, ada).session.id;
    const auto second = started(sessions, ada).session.id;
    REQUIRE(sessions.touch(std::vector<Sighting>{{first, new_year + minutes(1)}}));
    for (std::int64_t i = 2; i < Sessions::most_of_operator; ++i)
        started(sessions, ada);
    CHECK(ids(sessions.of_operator(ada, new_year)).size() == 100);
    const auto newest = started(sessions, ada).session.id;
    const auto all = ids(sessions.of_operator(ada, new_year));
    CHECK(all.size() == 100);
    CHECK(std::count(all.begin(), all.end(), first) == 1);
    CHECK(std::count(all.begin(), all.end(), second) == 0);
    CHECK(std::count(all.begin(), all.end(), newest) == 1);
    CHECK(ids(sessions.of_operator(bob, new_year)) == std::vector<std::int64_t>{of_bob});
}

TEST_CASE("nobody signs in as an operator that was removed meanwhile") {
    Box box;
    auto database = box.open();
    CHECK(error_of(Sessions(database).start({.operator_id = 7}, {}, new_year)).code == "no_operator");
}

TEST_CASE("the start of a session is the operator's last sign-in") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    const auto ada = add_operator(database, "ada");
    add_operator(database, "bob");
    REQUIRE(sessions.start({ada}, {}, new_year + minutes(1)));
    REQUIRE(sessions.start({ada}, {}, new_year + minutes(2)));
    CHECK((*Operators(database).find("ada"))->last_sign_in == new_year + minutes(2));
    CHECK_FALSE((*Operators(database).find("bob"))->last_sign_in);
}
