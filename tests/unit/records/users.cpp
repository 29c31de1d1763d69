#include "records/users.hpp"

#include "records/devices.hpp"
#include "records/organizations.hpp"
#include "records/user_sessions.hpp"
#include "tests/unit/records/people.hpp"

#include <algorithm>

namespace users_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::base::Secret;
using gatehouse::tests::add_user;
using gatehouse::tests::Box;
using gatehouse::tests::box_key;
using gatehouse::tests::error_of;
using gatehouse::tests::fresh_user;
using gatehouse::tests::new_year;
using gatehouse::tests::user_named;
using std::chrono::minutes;

std::vector<std::string> logins(const gatehouse::base::Result<UserPage>& page) {
    REQUIRE(page);
    std::vector<std::string> all;
    for (const User& one : page->users)
        all.push_back(one.login);
    return all;
}

// All logins in pages of `size`.
std::vector<std::string> walk(Database& database, const UserOrder& order, std::size_t size,
                              const UserFilter& filter = {}) {
    std::vector<std::string> all;
    std::string cursor;
    for (int pages = 0; pages < 100; ++pages) {
        const auto page = Users(database).list(filter, order, cursor, size);
        REQUIRE(page);
        CHECK(page->users.size() <= size);
        for (const User& one : page->users)
            all.push_back(one.login);
        if (!page->next) return all;
        cursor = *page->next;
    }
    FAIL("the pages do not end");
    return all;
}

void register_device(Database& database, const std::string& id) {
    DeviceRequest request{id, DeviceKind::esa, Secret(std::string(32, 's')), "192.0.2.7", "192.0.2.7", "192.0.2.7"};
    REQUIRE(Devices(database, box_key()).register_device(request, new_year));
}

}  // namespace

TEST_CASE("a user is found as it was made, by its login in any case and by its number") {
    Box box;
    {
        auto database = box.open();
        auto fresh = fresh_user(database, "Ada.L-1_x@acme+1", UserRole::org_admin);
        fresh.name = "<script>alert('\xC3\xA4')</script>";
        fresh.email = "ada@example.test";
        fresh.title = "'; DELETE FROM users; --";
        const auto made = Users(database).make(fresh, new_year);
        REQUIRE(made);
        CHECK(made->login == "Ada.L-1_x@acme+1");
    }
    auto database = box.open();
    const User who = user_named(database, "ada.l-1_X@ACME+1");
    CHECK(who.login == "Ada.L-1_x@acme+1");
    CHECK(who.name == "<script>alert('\xC3\xA4')</script>");
    CHECK(who.email == "ada@example.test");
    CHECK(who.title == "'; DELETE FROM users; --");
    CHECK(who.role == UserRole::org_admin);
    CHECK(who.organization_name == "default");
    CHECK(is_let_in(who));
    CHECK(who.has_password);
    CHECK_FALSE(who.device);
    CHECK_FALSE(who.initial_password);
    CHECK_FALSE(who.registration);
    CHECK_FALSE(who.last_seen);
    CHECK(who.created == new_year);
    CHECK(who.password_changed == new_year);
    CHECK(Users(database).find(who.id).value()->login == who.login);
    CHECK_FALSE(Users(database).find(who.id + 1).value());
    for (const std::string& no_login : {std::string(), std::string("' OR 1=1"), std::string("a\0b", 3)})
        CHECK_FALSE(Users(database).find(no_login).value());
}

TEST_CASE("a user without a password has no hash and no time of its change") {
    Box box;
    auto database = box.open();
    auto fresh = fresh_user(database, "keyonly");
    fresh.password_hash.clear();
    REQUIRE(Users(database).make(fresh, new_year));
    const auto account = Users(database).find_account("keyonly").value().value();
    CHECK(account.password_hash.empty());
    CHECK_FALSE(account.who.has_password);
    CHECK_FALSE(account.who.password_changed);
    CHECK(Users(database).check_stamp(account.who.id, account.stamp));
}

TEST_CASE("fields that break the rules are refused when making and when changing, and nothing is stored") {
    Box box;
    auto database = box.open();
    Users users(database);
    add_user(database, "ada");
    for (const std::string& login :
         {std::string(), std::string("a b"), std::string("a/b"), std::string("a%b"), std::string("\xC3\xA4"),
          std::string(66, 'a'), std::string("a\0", 2), std::string("root"), std::string("System"), std::string("self"),
          std::string("console"), std::string("."), std::string("..")}) {
        CAPTURE(login);
        CHECK(error_of(users.make(fresh_user(database, login), new_year)).code == "login_invalid");
        CHECK(error_of(users.check_new(fresh_user(database, login))).kind == ErrorKind::input);
    }
    CHECK(users.make(fresh_user(database, std::string(65, 'a')), new_year));
    struct Fault {
        UserChange change;
        std::string code;
    };
    for (const Fault& fault :
         {Fault{{.name = std::string(129, 'a')}, "name_invalid"}, Fault{{.name = "a\nb"}, "name_invalid"},
          Fault{{.email = "nobody"}, "email_invalid"}, Fault{{.email = "a b@c"}, "email_invalid"},
          Fault{{.title = std::string("a\0b", 3)}, "title_invalid"}, Fault{{.title = "\xFF"}, "title_invalid"}}) {
        CHECK(error_of(users.change("ada", fault.change)).code == fault.code);
        auto fresh = fresh_user(database, "bo");
        fresh.name = fault.change.name.value_or("");
        fresh.email = fault.change.email.value_or("");
        fresh.title = fault.change.title.value_or("");
        CHECK(error_of(users.make(fresh, new_year)).code == fault.code);
    }
    CHECK_FALSE(users.find("bo").value());
    CHECK(user_named(database, "ada").name.empty());
}

TEST_CASE("a login is taken whatever its case; an organization must be there") {
    Box box;
    auto database = box.open();
    Users users(database);
    add_user(database, "Ada");
    const auto error = error_of(users.make(fresh_user(database, "aDA"), new_year));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "user_exists");
    CHECK(error_of(users.check_new(fresh_user(database, "ADA"))).code == "user_exists");
    CHECK(users.check_new(fresh_user(database, "bo")));
    CHECK_FALSE(users.find("bo").value());
    auto homeless = fresh_user(database, "bo");
    homeless.organization_id = 99;
    CHECK(error_of(users.make(homeless, new_year)).code == "no_organization");
}

TEST_CASE("what is asked of a user that is not there is refused") {
    Box box;
    auto database = box.open();
    Users users(database);
    CHECK(error_of(users.change("nobody", {})).code == "no_user");
    CHECK(error_of(users.activate("nobody", true, new_year)).code == "no_user");
    CHECK(error_of(users.deactivate("nobody")).code == "no_user");
    CHECK(error_of(users.remove("no body")).code == "no_user");
    CHECK(error_of(users.set_password("nobody", "h", new_year)).kind == ErrorKind::not_found);
}

TEST_CASE("a change touches what it names and nothing else") {
    Box box;
    auto database = box.open();
    add_user(database, "keeper", UserRole::admin);
    auto fresh = fresh_user(database, "ada");
    fresh.name = "Ada";
    fresh.email = "a@b";
    fresh.title = "Dr";
    REQUIRE(Users(database).make(fresh, new_year));
    const auto renamed = Users(database).change("ADA", {.name = "Ada L."});
    REQUIRE(renamed);
    CHECK(renamed->name == "Ada L.");
    CHECK(renamed->email == "a@b");
    CHECK(renamed->title == "Dr");
    CHECK(renamed->role == UserRole::user);
    REQUIRE(Users(database).change("ada", {.email = "", .title = "", .role = UserRole::org_admin}));
    const User now = user_named(database, "ada");
    CHECK(now.name == "Ada L.");
    CHECK(now.email.empty());
    CHECK(now.title.empty());
    CHECK(now.role == UserRole::org_admin);
    CHECK(now.login == "ada");
}

TEST_CASE("the last active administrator can't be deleted, de-activated or demoted") {
    Box box;
    auto database = box.open();
    Users users(database);
    add_user(database, "ada", UserRole::admin);
    add_user(database, "idle", UserRole::admin);
    add_user(database, "org", UserRole::org_admin);
    auto elsewhere = fresh_user(database, "away", UserRole::admin);
    elsewhere.organization_id = Organizations(database).make("closed", new_year)->id;
    REQUIRE(users.make(elsewhere, new_year));
    REQUIRE(Organizations(database).set_active(elsewhere.organization_id, false));
    REQUIRE(users.deactivate("idle"));
    for (const auto& error : {error_of(users.remove("ada")), error_of(users.deactivate("ada")),
                              error_of(users.change("ada", {.role = UserRole::org_admin}))}) {
        CHECK(error.kind == ErrorKind::conflict);
        CHECK(error.code == "last_admin");
    }
    CHECK(user_named(database, "ada").active);
    CHECK(user_named(database, "ada").role == UserRole::admin);
    CHECK(users.change("ada", {.name = "still", .role = UserRole::admin}));
    REQUIRE(users.remove("away"));  // who could do nothing anyway
    REQUIRE(users.activate("idle", false, new_year));
    REQUIRE(users.remove("ada"));
    CHECK(error_of(users.remove("idle")).code == "last_admin");
}

TEST_CASE("de-activation ends the user's sessions and lasts until activation") {
    Box box;
    auto database = box.open();
    Users users(database);
    const auto ada = add_user(database, "ada");
    const auto bo = add_user(database, "bo");
    for (const auto* login : {"ada", "bo"}) {
        const auto account = users.find_account(login).value().value();
        REQUIRE(UserSessions(database).start({.user_id = account.who.id, .stamp = account.stamp}, {}, new_year));
    }
    const auto gone = users.deactivate("ada");
    REQUIRE(gone);
    CHECK_FALSE(gone->active);
    const auto left = UserSessions(database).live(new_year);
    REQUIRE(left->size() == 1);
    CHECK(left->front().who.id == bo);
    CHECK_FALSE(is_let_in(user_named(database, "ada")));
    REQUIRE(users.deactivate("ada"));
    const auto back = users.activate("ada", false, new_year);
    REQUIRE(back);
    CHECK(back->id == ada);
    CHECK(is_let_in(*back));
}

TEST_CASE("a password is set without the former one, or changed by who proved it; a sign-in under way then fails") {
    Box box;
    auto database = box.open();
    Users users(database);
    auto fresh = fresh_user(database, "ada");
    fresh.initial_password = true;
    REQUIRE(users.make(fresh, new_year));
    const auto verified = users.find_account("ada").value().value();
    CHECK(verified.who.initial_password);
    REQUIRE(users.set_password("Ada", "new hash", new_year + minutes(1)));
    const auto now = users.find_account("ada").value().value();
    CHECK(now.password_hash == "new hash");
    CHECK(now.who.password_changed == new_year + minutes(1));
    CHECK_FALSE(now.who.initial_password);
    const auto error = error_of(users.change_password(verified, "guessed", new_year));
    CHECK(error.kind == ErrorKind::denied);
    CHECK(error.code == "credentials_changed");
    REQUIRE(users.change_password(now, "newer hash", new_year + minutes(2)));
    CHECK(users.find_account("ada").value()->password_hash == "newer hash");
    CHECK(error_of(users.check_stamp(now.who.id, now.stamp)).code == "credentials_changed");
    CHECK(error_of(users.check_stamp(99, now.stamp)).code == "credentials_changed");
}

TEST_CASE("a device keeps its role and has no password") {
    Box box;
    auto database = box.open();
    Users users(database);
    register_device(database, "esa1");
    CHECK(error_of(users.change("esa1", {.role = UserRole::admin})).code == "device_role");
    CHECK(error_of(users.set_password("esa1", "hash", new_year)).code == "device_password");
    CHECK(users.change("esa1", {.name = "The gateway", .role = UserRole::user})->name == "The gateway");
}

TEST_CASE("users are listed in each order, page by page, pending devices first") {
    Box box;
    auto database = box.open();
    Users users(database);
    const std::vector<std::pair<std::string, std::string>> people{
        {"delta", "Z"}, {"Alpha", "z"}, {"charlie", ""}, {"Bravo", "A"}};
    minutes later{0};
    for (const auto& [login, name] : people) {
        auto fresh = fresh_user(database, login);
        fresh.name = name;
        REQUIRE(users.make(fresh, new_year + ++later));
    }
    register_device(database, "zz-waits");
    register_device(database, "yy-waits");
    register_device(database, "echo");
    REQUIRE(users.activate("echo", false, new_year));
    using Names = std::vector<std::string>;
    for (const std::size_t size : {1U, 2U, 3U, 100U}) {
        CAPTURE(size);
        CHECK(walk(database, {UserSort::login, false}, size) ==
              Names{"yy-waits", "zz-waits", "Alpha", "Bravo", "charlie", "delta", "echo"});
        CHECK(walk(database, {UserSort::login, true}, size) ==
              Names{"zz-waits", "yy-waits", "echo", "delta", "charlie", "Bravo", "Alpha"});
        CHECK(walk(database, {UserSort::name, false}, size) ==
              Names{"zz-waits", "yy-waits", "charlie", "echo", "Bravo", "delta", "Alpha"});
        CHECK(walk(database, {UserSort::name, true}, size) ==
              Names{"yy-waits", "zz-waits", "Alpha", "delta", "Bravo", "echo", "charlie"});
        CHECK(walk(database, {UserSort::created, false}, size) ==
              Names{"zz-waits", "yy-waits", "echo", "delta", "Alpha", "charlie", "Bravo"});
        CHECK(walk(database, {UserSort::created, true}, size) ==
              Names{"yy-waits", "zz-waits", "Bravo", "charlie", "Alpha", "delta", "echo"});
    }
    CHECK(users.list({}, {}, "", 0)->users.size() == 1);
}

TEST_CASE("users that come or go between two pages shift none of the others") {
    Box box;
    auto database = box.open();
    Users users(database);
    for (const auto* login : {"b", "d", "f", "h"})
        add_user(database, login);
    const auto first = users.list({}, {}, "", 2);
    CHECK(logins(first) == std::vector<std::string>{"b", "d"});
    REQUIRE(users.remove("d"));
    add_user(database, "a");
    add_user(database, "e");
    CHECK(logins(users.list({}, {}, *first->next, 10)) == std::vector<std::string>{"e", "f", "h"});
}

TEST_CASE("users are filtered by text, organization, role and whether they wait") {
    Box box;
    auto database = box.open();
    Users users(database);
    auto ada = fresh_user(database, "ada", UserRole::admin);
    ada.name = "100%_sure";
    ada.email = "Countess@Lovelace.test";
    REQUIRE(users.make(ada, new_year));
    auto bo = fresh_user(database, "bo");
    bo.organization_id = Organizations(database).make("Acme", new_year)->id;
    REQUIRE(users.make(bo, new_year));
    register_device(database, "waits");
    using Names = std::vector<std::string>;
    CHECK(logins(users.list({.search = "ADA"}, {}, "", 10)) == Names{"ada"});
    CHECK(logins(users.list({.search = "%_S"}, {}, "", 10)) == Names{"ada"});
    CHECK(logins(users.list({.search = "lovelace.TEST"}, {}, "", 10)) == Names{"ada"});
    CHECK(logins(users.list({.search = "_"}, {}, "", 10)) == Names{"ada"});
    CHECK(logins(users.list({.search = "' OR '1'='1"}, {}, "", 10)).empty());
    CHECK(logins(users.list({.organization_id = bo.organization_id}, {}, "", 10)) == Names{"bo"});
    CHECK(logins(users.list({.role = UserRole::admin}, {}, "", 10)) == Names{"ada"});
    CHECK(logins(users.list({.pending = true}, {}, "", 10)) == Names{"waits"});
    CHECK(logins(users.list({.pending = false}, {}, "", 10)) == Names{"ada", "bo"});
    CHECK(logins(users.list({.search = "a", .role = UserRole::user, .pending = true}, {}, "", 10)) == Names{"waits"});
    CHECK(walk(database, {UserSort::login, true}, 1, {.search = "a"}) == Names{"waits", "ada"});
    CHECK(error_of(users.list({.search = std::string(257, 'a')}, {}, "", 10)).code == "search_invalid");
    CHECK(error_of(users.list({.search = std::string("a\0", 2)}, {}, "", 10)).kind == ErrorKind::input);
}

TEST_CASE("a cursor of another order, or one that no page gave, is refused") {
    Box box;
    auto database = box.open();
    Users users(database);
    for (const auto* login : {"a", "b", "c"})
        add_user(database, login);
    const auto next = users.list({}, {}, "", 1)->next.value();
    CHECK(users.list({}, {}, next, 1));
    CHECK(error_of(users.list({}, {UserSort::login, true}, next, 1)).code == "cursor_invalid");
    CHECK(error_of(users.list({}, {UserSort::created, false}, next, 1)).code == "cursor_invalid");
    for (const std::string& wrong :
         {std::string("x"), std::string("5b5d"), std::string("7b7d"), next + "00", next.substr(2), std::string("0")}) {
        CAPTURE(wrong);
        CHECK(error_of(users.list({}, {}, wrong, 1)).code == "cursor_invalid");
    }
}

TEST_CASE("when users were there last is written; what is gone and an earlier time change nothing") {
    Box box;
    auto database = box.open();
    Users users(database);
    const auto ada = add_user(database, "ada");
    REQUIRE(users.touch(std::vector<Sighting>{{ada, new_year + minutes(5)}, {99, new_year}}));
    REQUIRE(users.touch(std::vector<Sighting>{{ada, new_year}}));
    REQUIRE(users.touch({}));
    CHECK(user_named(database, "ada").last_seen == new_year + minutes(5));
}

TEST_CASE("a number of a user that was deleted is never given again") {
    Box box;
    auto database = box.open();
    const auto id = add_user(database, "ada");
    REQUIRE(Users(database).remove("ada"));
    CHECK_FALSE(Users(database).find("ada").value());
    CHECK(add_user(database, "ada") > id);
}

TEST_CASE("roles are told by their names and back") {
    for (const UserRole role : {UserRole::user, UserRole::org_admin, UserRole::admin})
        CHECK(user_role_of(name(role)) == role);
    CHECK(name(UserRole::org_admin) == "org-admin");
    CHECK_FALSE(user_role_of("operate"));
}

}  // namespace users_test
