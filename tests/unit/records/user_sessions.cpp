#include "records/user_sessions.hpp"

#include "records/organizations.hpp"
#include "tests/unit/records/people.hpp"

#include <algorithm>

namespace user_sessions_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::tests::add_user;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;
using gatehouse::tests::user_named;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

NewUserSession proved(Database& database, std::string_view login) {
    const auto account = Users(database).find_account(login);
    REQUIRE(account);
    REQUIRE(*account);
    return {.user_id = (*account)->who.id, .stamp = (*account)->stamp};
}

UserSession started(Database& database, std::string_view login, Time when = new_year) {
    auto begun = UserSessions(database).start(proved(database, login), {}, when);
    REQUIRE(begun);
    return begun->session;
}

std::vector<std::int64_t> ids(const gatehouse::base::Result<std::vector<UserSession>>& sessions) {
    REQUIRE(sessions);
    std::vector<std::int64_t> all;
    for (const UserSession& session : *sessions)
        all.push_back(session.id);
    return all;
}

}  // namespace

TEST_CASE("a user's session is loaded by the digest of what the browser holds, with its user, also after a restart") {
    Box box;
    Digest digest{};
    {
        auto database = box.open();
        add_user(database, "ada", UserRole::org_admin);
        auto fresh = proved(database, "ada");
        fresh.address = "2001:db8::7";
        fresh.user_agent = std::string("Mozilla\n\xFF") + std::string(1000, 'x');
        const auto begun = UserSessions(database).start(fresh, {}, new_year);
        REQUIRE(begun);
        CHECK(begun->bearer.size() == 43);
        digest = digest_of(begun->bearer.reveal());
        REQUIRE(database.query("PRAGMA wal_checkpoint(TRUNCATE)"));
        const auto contents = box.files.read(box.file, 1U << 24U);
        CHECK(contents->bytes.reveal().find(begun->bearer.reveal()) == std::string_view::npos);
    }
    auto database = box.open();
    const auto all = UserSessions(database).live(new_year);
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    const UserSession& session = all->front();
    CHECK(session.digest == digest);
    CHECK(session.who.login == "ada");
    CHECK(session.who.role == UserRole::org_admin);
    CHECK(session.who.organization_name == "default");
    CHECK(session.created == new_year);
    CHECK(session.last_seen == new_year);
    CHECK(session.idle == minutes(30));
    CHECK(session.ends == new_year + hours(12));
    CHECK(session.address == "2001:db8::7");
    CHECK(session.user_agent == "Mozilla??" + std::string(247, 'x'));
    CHECK(user_named(database, "ada").last_seen == new_year);
}

TEST_CASE("a user's session is none of an operator's") {
    Box box;
    auto database = box.open();
    add_user(database, "ada");
    started(database, "ada");
    CHECK(Sessions(database).live(new_year)->empty());
}

TEST_CASE("a user's session ends when it was idle for too long, and at its absolute end") {
    Box box;
    auto database = box.open();
    UserSessions sessions(database);
    add_user(database, "ada");
    const auto begun = sessions.start(proved(database, "ada"), {minutes(10), hours(1)}, new_year);
    REQUIRE(begun);
    UserSession session = begun->session;
    const auto agree = [&](Time when, bool live) { CHECK(ids(sessions.live(when)).size() == (live ? 1 : 0)); };
    agree(new_year + minutes(10) - microseconds(1), true);
    agree(new_year + minutes(10), false);
    session.last_seen = new_year + minutes(55);
    REQUIRE(sessions.touch(std::vector<Sighting>{{session.id, session.last_seen}, {99, new_year}}));
    CHECK(user_named(database, "ada").last_seen == new_year + minutes(55));
    agree(new_year + hours(1) - microseconds(1), true);
    agree(new_year + hours(1), false);
    CHECK(sessions.expire(new_year + minutes(59)) == 0);
    CHECK(sessions.expire(new_year + hours(1)) == 1);
}

TEST_CASE("a session is ended by its own user only; all of a user end together") {
    Box box;
    auto database = box.open();
    UserSessions sessions(database);
    const auto ada = add_user(database, "ada");
    const auto bo = add_user(database, "bo");
    const auto first = started(database, "ada").id;
    started(database, "ada");
    started(database, "ada");
    const auto of_bo = started(database, "bo").id;
    CHECK(error_of(sessions.end(bo, first)).code == "no_session");
    REQUIRE(sessions.end(ada, first));
    CHECK(sessions.end_all(ada) == 2);
    CHECK(ids(sessions.live(new_year)) == std::vector<std::int64_t>{of_bo});
}

TEST_CASE("a user has a hundred sessions at most; the one that was not seen for longest gives way") {
    Box box;
    auto database = box.open();
    UserSessions sessions(database);
    add_user(database, "ada");
    add_user(database, "bo");
    const auto of_bo = started(database, "bo").id;
    const auto first = started(database, "ada").id;
    const auto second = started(database, "ada").id;
    REQUIRE(sessions.touch(std::vector<Sighting>{{first, new_year + minutes(1)}}));
    for (std::int64_t i = 2; i <= UserSessions::most_of_user; ++i)
        started(database, "ada");
    const auto all = ids(sessions.live(new_year));
    CHECK(all.size() == 101);
    CHECK(std::count(all.begin(), all.end(), first) == 1);
    CHECK(std::count(all.begin(), all.end(), second) == 0);
    CHECK(std::count(all.begin(), all.end(), of_bo) == 1);
}

TEST_CASE("a sign-in under way is shut out by a new password and by the user's removal") {
    Box box;
    auto database = box.open();
    add_user(database, "ada");
    const auto before = proved(database, "ada");
    REQUIRE(Users(database).set_password("ada", "another", new_year));
    const auto error = error_of(UserSessions(database).start(before, {}, new_year));
    CHECK(error.kind == ErrorKind::denied);
    CHECK(error.code == "credentials_changed");
    const auto leaving = proved(database, "ada");
    REQUIRE(Users(database).remove("ada"));
    CHECK(error_of(UserSessions(database).start(leaving, {}, new_year)).code == "credentials_changed");
}

TEST_CASE("who is not active, or whose organization is not, starts no session, also with the right password") {
    Box box;
    auto database = box.open();
    const auto ada = add_user(database, "ada");
    const auto home = Users(database).find(ada).value()->organization_id;
    REQUIRE(Users(database).deactivate("ada"));
    const auto error = error_of(UserSessions(database).start(proved(database, "ada"), {}, new_year));
    CHECK(error.kind == ErrorKind::denied);
    CHECK(error.code == "account_deactivated");
    REQUIRE(Users(database).activate("ada", false, new_year));
    REQUIRE(Organizations(database).set_active(home, false));
    CHECK(error_of(UserSessions(database).start(proved(database, "ada"), {}, new_year)).code == "account_deactivated");
    REQUIRE(Organizations(database).set_active(home, true));
    CHECK(UserSessions(database).start(proved(database, "ada"), {}, new_year));
    CHECK(ids(UserSessions(database).live(new_year)).size() == 1);
}

TEST_CASE("a session's user is as it is now") {
    Box box;
    auto database = box.open();
    add_user(database, "ada");
    started(database, "ada");
    REQUIRE(Users(database).change("ada", {.role = UserRole::admin}));
    CHECK(UserSessions(database).live(new_year)->front().who.role == UserRole::admin);
    REQUIRE(database.change("UPDATE organizations SET active = 0", {}));
    CHECK_FALSE(is_let_in(UserSessions(database).live(new_year)->front().who));
}

}  // namespace user_sessions_test
