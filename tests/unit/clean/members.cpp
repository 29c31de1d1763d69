#include "server/clean/members.hpp"

#include "records/organizations.hpp"
#include "tests/unit/records/box.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace members_test {

using namespace gatehouse;
using clean::Members;
using clean::Presented;
using http::Access;
using records::UserRole;

namespace {

struct Door {
    tests::Box box;
    records::Database database = box.open();
    base::Log log{base::LogLevel::error};
    base::Secret box_key{std::string_view("0123456789abcdef0123456789abcdef")};
    Members members{log, box_key};
    records::Users users{database};
    records::ApiKeys keys{database, box_key};
    std::int64_t organization = made_organization();

    std::int64_t made_organization() {
        const auto made = records::Organizations(database).make("default", records::now());
        REQUIRE(made);
        return made->id;
    }
    records::User add(const std::string& login, UserRole role = UserRole::user) {
        records::NewUser fresh;
        fresh.login = login;
        fresh.role = role;
        fresh.organization_id = organization;
        fresh.password_hash = "no hash";
        auto made = records::make_user(database, box_key, fresh, records::now());
        REQUIRE(made);
        return std::move(*made);
    }
    Presented key_of(const records::User& user) {
        auto key = keys.show(user.id);
        REQUIRE(key);
        REQUIRE(*key);
        Presented presented;
        presented.key = std::move(**key);
        return presented;
    }
    std::string session_of(const std::string& login) {
        const auto account = users.find_account(login);
        REQUIRE(account);
        REQUIRE(*account);
        const auto started = records::UserSessions(database).start(
            {.user_id = (*account)->who.id, .stamp = (*account)->stamp}, {}, records::now());
        REQUIRE(started);
        return std::string(started->bearer.reveal());
    }
    Presented register_device(const std::string& id, const std::string& secret) {
        records::DeviceRequest wish;
        wish.device_id = id;
        wish.secret = base::Secret(secret);
        wish.address = wish.network = "192.0.2.1";
        REQUIRE(records::Devices(database, box_key).register_device(wish, records::now()));
        Presented presented;
        presented.device.emplace(clean::DeviceProof{id, base::Secret(secret)});
        return presented;
    }
    void load() { REQUIRE(members.load(database)); }

    // "in", or the refusal's code.
    std::string ask(const std::string& cookie, Access access = Access::read, http::Method method = http::Method::get) {
        const std::string field = std::string(Members::cookie_name) + "=" + cookie;
        http::Request request;
        request.method = method;
        request.host = "box.example";
        request.fields = {{"Cookie", field}};
        const auto refusal = members.gate()(request, access);
        if (!refusal) return "in";
        const std::string body(http::text_of(refusal->body));
        const auto begin = body.find("\"code\":\"") + 8;
        return body.substr(begin, body.find('"', begin) - begin);
    }
};

const std::string secret_a(32, 'a');
const std::string secret_b(32, 'b');

}  // namespace

TEST_CASE("a key tells whose it is, and only a key that is somebody's") {
    Door door;
    const auto ada = door.add("ada");
    const auto bob = door.add("bob", UserRole::admin);
    CHECK_FALSE(door.members.find(door.key_of(ada)));
    door.load();
    REQUIRE(door.members.find(door.key_of(ada)));
    CHECK(door.members.find(door.key_of(ada))->user.login == "ada");
    CHECK(door.members.find(door.key_of(bob))->rights == Access::operate);
    Presented other;
    CHECK_FALSE(door.members.find(other));
    other.key.emplace(std::string(26, 'z'));
    CHECK_FALSE(door.members.find(other));
}

TEST_CASE("a device is known by id and secret together, and by none of them with another's key") {
    Door door;
    const auto ada = door.add("ada");
    auto a = door.register_device("device-a", secret_a);
    (void)door.register_device("device-b", secret_b);
    door.load();
    REQUIRE(door.members.find(a));
    CHECK(door.members.find(a)->user.login == "device-a");
    CHECK_FALSE(records::is_let_in(door.members.find(a)->user));
    CHECK(clean::not_let_in(door.members.find(a)->user).detail.starts_with("device_deactivated"));
    a.key = std::move(door.key_of(ada).key);
    CHECK_FALSE(door.members.find(a));
    a.key = std::move(
        door.key_of(door.members.find({{}, clean::DeviceProof{"device-a", base::Secret(secret_a)}})->user).key);
    CHECK(door.members.find(a));
    a.device->secret = base::Secret(secret_b);
    CHECK_FALSE(door.members.find(a));
}

TEST_CASE("what was forgotten is shut out at once, and let in again when it is loaded anew and lives") {
    Door door;
    const auto ada = door.add("ada");
    door.load();
    const auto cookie = door.session_of("ada");
    door.members.refresh_sessions(door.database);
    CHECK(door.ask(cookie) == "in");
    door.members.forget_user(ada.id);
    CHECK_FALSE(door.members.find(door.key_of(ada)));
    CHECK(door.ask(cookie) == "not_signed_in");
    door.members.refresh(door.database);
    CHECK(door.members.find(door.key_of(ada)));
}

TEST_CASE("a de-activated user is known and not let in; its sessions are gone") {
    Door door;
    (void)door.add("first", UserRole::admin);
    const auto ada = door.add("ada");
    const auto cookie = door.session_of("ada");
    door.load();
    REQUIRE(door.users.deactivate("ada"));
    door.members.forget_user(ada.id);
    door.members.refresh(door.database);
    const auto member = door.members.find(door.key_of(ada));
    REQUIRE(member);
    CHECK_FALSE(records::is_let_in(member->user));
    CHECK(door.ask(cookie) == "not_signed_in");
}

TEST_CASE("the gate asks for a session, its role, and a page of this very door") {
    Door door;
    (void)door.add("ada");
    (void)door.add("chief", UserRole::org_admin);
    const auto ada = door.session_of("ada");
    const auto chief = door.session_of("chief");
    door.load();
    CHECK(door.ask(ada) == "in");
    CHECK(door.ask("nobody's") == "not_signed_in");
    CHECK(door.ask("") == "not_signed_in");
    CHECK(door.ask(ada, Access::operate) == "role_too_low");
    CHECK(door.ask(chief, Access::operate) == "in");
    CHECK(door.ask(ada, Access::read, http::Method::post) == "origin_missing");
}

TEST_CASE("who listens is known until the session ends or the role is another") {
    Door door;
    (void)door.add("first", UserRole::admin);
    const auto ada = door.add("ada", UserRole::admin);
    const auto cookie = door.session_of("ada");
    door.load();
    const auto member = door.members.find_session(cookie);
    REQUIRE(member);
    CHECK(door.members.knows(*member));
    REQUIRE(door.members.session(member->id));
    CHECK(door.members.session(member->id)->who.login == "ada");
    REQUIRE(door.users.change("ada", {.role = UserRole::user}));
    door.members.refresh(door.database);
    CHECK_FALSE(door.members.knows(*member));
    door.members.forget_sessions_of(ada.id);
    CHECK_FALSE(door.members.find_session(cookie));
    CHECK_FALSE(door.members.session(member->id));
}

TEST_CASE("when somebody was seen is written down") {
    Door door;
    const auto ada = door.add("ada");
    auto device = door.register_device("device-a", secret_a);
    door.load();
    const auto begin = records::now();
    REQUIRE(door.members.find(door.key_of(ada)));
    REQUIRE(door.members.find(device));
    REQUIRE(door.members.write_sightings(door.database));
    const auto seen = door.users.find("ada");
    REQUIRE(seen);
    REQUIRE(*seen);
    REQUIRE((*seen)->last_seen);
    CHECK(*(*seen)->last_seen >= begin);
    const auto polled = door.users.find("device-a");
    REQUIRE(polled);
    REQUIRE((*polled)->registration);
    REQUIRE((*polled)->registration->last_poll);
    CHECK(*(*polled)->registration->last_poll >= begin);
}

TEST_CASE("where the database fails those who were known stay so, and the next look mends it") {
    Door door;
    const auto ada = door.add("ada");
    door.load();
    REQUIRE(door.database.run_script("ALTER TABLE api_keys RENAME TO api_keys_gone"));
    door.members.refresh(door.database);
    REQUIRE(door.database.run_script("ALTER TABLE api_keys_gone RENAME TO api_keys"));
    CHECK(door.members.find(door.key_of(ada)));
    const auto bob = door.add("bob");
    CHECK_FALSE(door.members.find(door.key_of(bob)));
    REQUIRE(door.members.keep_up(door.database));
    CHECK(door.members.find(door.key_of(bob)));
}

TEST_CASE("who was seen while the database could not be written is written down when it can") {
    Door door;
    (void)door.add("ada");
    const auto cookie = door.session_of("ada");
    door.load();
    REQUIRE(door.database.change("UPDATE user_sessions SET last_seen = last_seen - $1",
                                 {records::Parameter(std::int64_t{60'000'000})}));
    CHECK(door.ask(cookie) == "in");
    REQUIRE(door.database.change("ALTER TABLE user_sessions RENAME TO elsewhere", {}));
    CHECK_FALSE(door.members.write_sightings(door.database));
    REQUIRE(door.database.change("ALTER TABLE elsewhere RENAME TO user_sessions", {}));
    REQUIRE(door.members.keep_up(door.database));
    const auto rows = door.database.query("SELECT last_seen FROM user_sessions");
    REQUIRE(rows);
    CHECK(records::now() - rows->front().time(0) < std::chrono::seconds(30));
}

TEST_CASE("people of an organization that was de-activated are out, whether or not it can be loaded anew") {
    Door door;
    const auto ada = door.add("ada");
    const auto cookie = door.session_of("ada");
    door.load();
    CHECK(door.ask(cookie) == "in");
    door.members.forget_organization(door.organization + 1);
    CHECK(door.ask(cookie) == "in");
    door.members.forget_organization(door.organization);
    CHECK(door.ask(cookie) == "not_signed_in");
    CHECK_FALSE(door.members.find(door.key_of(ada)));
}

TEST_CASE("users are shown with when they were seen last, without writing anything") {
    Door door;
    const auto ada = door.add("ada");
    const auto device = door.register_device("esa1", secret_a);
    door.load();
    const auto shown = [&](const char* login) {
        auto user = door.users.find(login);
        REQUIRE(user);
        REQUIRE(*user);
        door.members.bring_up_to_date({&**user, 1});
        return std::move(**user);
    };
    CHECK_FALSE(shown("ada").last_seen);
    const auto before = records::now();
    REQUIRE(door.members.find(door.key_of(ada)));
    REQUIRE(door.members.find(device));
    REQUIRE(shown("ada").last_seen);
    CHECK(*shown("ada").last_seen >= before);
    REQUIRE(shown("esa1").registration);
    REQUIRE(shown("esa1").registration->last_poll);
    CHECK(*shown("esa1").registration->last_poll >= before);
    CHECK(door.database.query("SELECT 1 FROM users WHERE last_seen IS NOT NULL")->empty());
}

}  // namespace members_test
