#include "records/sessions.hpp"

#include "records/second_factor.hpp"
#include "tests/unit/records/box.hpp"

namespace sessions_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::config::Interface;
using gatehouse::tests::add_operator;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::fresh_session;
using gatehouse::tests::new_year;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

StartedSession started(Database& database, std::int64_t operator_id, Time when = new_year) {
    auto session = Sessions(database).start(fresh_session(database, operator_id), {}, when);
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
        auto fresh = fresh_session(database, id);
        fresh.door = Interface::clean;
        fresh.address = "2001:db8::7";
        fresh.user_agent = std::string("Mozilla\n\xFF") + std::string(1000, 'x');
        const auto begun = Sessions(database).start(fresh, {}, new_year);
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
    const auto begun = started(database, add_operator(database, "ada"));
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
    const auto begun = sessions.start(fresh_session(database, id), {minutes(10), hours(1)}, new_year);
    REQUIRE(begun);
    Session session = begun->session;
    const auto agree = [&](Time when, bool live) { CHECK(ids(sessions.live(when)).size() == (live ? 1 : 0)); };
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
    const auto a = started(database, id).session.id;
    const auto b = started(database, id).session.id;
    REQUIRE(sessions.touch(
        std::vector<Sighting>{{a, new_year + minutes(5)}, {9999, new_year + minutes(5)}, {b, new_year - minutes(5)}}));
    REQUIRE(sessions.touch({}));
    const auto all = sessions.live(new_year);
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
    const auto first = started(database, ada).session.id;
    started(database, ada);
    started(database, ada);
    const auto of_bob = started(database, bob).session.id;
    const auto error = error_of(sessions.end(bob, first));
    CHECK(error.kind == ErrorKind::not_found);
    CHECK(error.code == "no_session");
    REQUIRE(sessions.end(ada, first));
    CHECK(error_of(sessions.end(ada, first)).code == "no_session");
    CHECK(sessions.end_all(ada) == 2);
    CHECK(ids(sessions.live(new_year)) == std::vector<std::int64_t>{of_bob});
}

TEST_CASE("the role of a session is its operator's present one") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    add_operator(database, "keeper");
    started(database, add_operator(database, "ada"));
    CHECK(sessions.live(new_year)->front().role == Role::operate);
    REQUIRE(database.change("UPDATE operators SET role = 'read' WHERE name = 'ada'", {}));
    CHECK(sessions.live(new_year)->front().role == Role::read);
}

TEST_CASE("an operator has a hundred sessions at most; the one that was not seen for longest gives way") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    const auto ada = add_operator(database, "ada");
    const auto bob = add_operator(database, "bob");
    const auto of_bob = started(database, bob).session.id;
    const auto first = started(database, ada).session.id;
    const auto second = started(database, ada).session.id;
    REQUIRE(sessions.touch(std::vector<Sighting>{{first, new_year + minutes(1)}}));
    for (std::int64_t i = 2; i < Sessions::most_of_operator; ++i)
        started(database, ada);
    CHECK(ids(sessions.live(new_year)).size() == 101);  // and one of bob
    const auto newest = started(database, ada).session.id;
    const auto all = ids(sessions.live(new_year));
    CHECK(all.size() == 101);
    CHECK(std::count(all.begin(), all.end(), first) == 1);
    CHECK(std::count(all.begin(), all.end(), second) == 0);
    CHECK(std::count(all.begin(), all.end(), newest) == 1);
    CHECK(std::count(all.begin(), all.end(), of_bob) == 1);
}

TEST_CASE("nobody signs in as an operator that was removed meanwhile") {
    Box box;
    auto database = box.open();
    const auto under_way = fresh_session(database, add_operator(database, "leaving"));
    add_operator(database, "staying");
    REQUIRE(Operators(database).remove("leaving"));
    CHECK(error_of(Sessions(database).start(under_way, {}, new_year)).code == "credentials_changed");
}

TEST_CASE("a sign-in under way is shut out by a new password, also the same one set again") {
    Box box;
    auto database = box.open();
    const auto ada = add_operator(database, "ada");
    const auto first = fresh_session(database, ada);
    REQUIRE(Operators(database).set_password("ada", "another hash", new_year));
    const auto error = error_of(Sessions(database).start(first, {}, new_year));
    CHECK(error.kind == ErrorKind::denied);
    CHECK(error.code == "credentials_changed");
    CHECK(ids(Sessions(database).live(new_year)).empty());
    CHECK_FALSE((*Operators(database).find("ada"))->last_sign_in);
    CHECK(Sessions(database).start(fresh_session(database, ada), {}, new_year));
}

TEST_CASE("a sign-in under way without a code is shut out when the second factor comes, or goes") {
    Box box;
    auto database = box.open();
    const auto ada = add_operator(database, "ada");
    SecondFactors factors(database, gatehouse::base::Secret("0123456789abcdef"));
    const auto before = fresh_session(database, ada);
    REQUIRE(factors.enrol(ada, "Gatehouse", "ada"));
    CHECK(Sessions(database).start(before, {}, new_year));  // nothing counts before it is confirmed
    REQUIRE(database.change("UPDATE second_factors SET confirmed = $1", {new_year}));
    CHECK(error_of(Sessions(database).start(before, {}, new_year)).code == "credentials_changed");
    const auto with_code = fresh_session(database, ada);
    REQUIRE(factors.disable(ada));
    CHECK(error_of(Sessions(database).start(with_code, {}, new_year)).code == "credentials_changed");
}

TEST_CASE("the start of a session is the operator's last sign-in") {
    Box box;
    auto database = box.open();
    Sessions sessions(database);
    const auto ada = add_operator(database, "ada");
    add_operator(database, "bob");
    REQUIRE(sessions.start(fresh_session(database, ada), {}, new_year + minutes(1)));
    REQUIRE(sessions.start(fresh_session(database, ada), {}, new_year + minutes(2)));
    CHECK((*Operators(database).find("ada"))->last_sign_in == new_year + minutes(2));
    CHECK_FALSE((*Operators(database).find("bob"))->last_sign_in);
}

}  // namespace sessions_test
