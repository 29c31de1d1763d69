#include "records/one_time_users.hpp"

#include "records/api_keys.hpp"
#include "records/audit.hpp"
#include "records/first_operator.hpp"
#include "records/first_user.hpp"
#include "records/operators.hpp"
#include "records/organizations.hpp"
#include "records/password.hpp"
#include "tests/unit/records/people.hpp"

#include <vector>

namespace one_time_users_test {

using namespace gatehouse;
using namespace gatehouse::records;
using config::Interface;
using tests::box_key;
using tests::error_of;
using tests::new_year;

namespace {

constexpr std::string_view good_key = "0123456789abcdefABCDEF";

config::OneTimeUser user(std::string username, std::string_view password = "long enough", std::string role = "",
                         Interface interface = Interface::admin) {
    config::OneTimeUser made;
    made.username = std::move(username);
    made.password = base::Secret(password);
    made.role = std::move(role);
    made.interface = interface;
    return made;
}

config::OneTimeUser clean_user(std::string username, std::string_view password = "long enough", std::string role = "") {
    return user(std::move(username), password, std::move(role), Interface::clean);
}

config::OneTimeApiKey api_key(std::string username, std::string_view key = good_key) {
    return {"a label", std::move(username), base::Secret(key)};
}

// A file of those users, in that order.
template <class... Users>
config::OneTimeFile file_of(std::string digest, Users... users) {
    config::OneTimeFile file;
    file.digest = std::move(digest);
    (file.users.push_back(std::move(users)), ...);
    return file;
}

base::Result<void> take(Database& database, const config::OneTimeFile& file) {
    return take_one_time_users(database, file, {box_key(), std::nullopt}, new_year);
}

std::int64_t count(Database& database, const std::string& what) {
    return database.query("SELECT count(*) FROM " + what)->front().integer(0);
}

}  // namespace

TEST_CASE("users of a one-time file become operators with their passwords and roles, and the audit has them") {
    const tests::Box box;
    auto database = box.open();
    REQUIRE(take(database, file_of("d1", user("ada"), user("bo", "another one", "read"))));
    const auto ada = Operators(database).find_account("ada").value();
    REQUIRE(ada);
    CHECK(ada->who.role == Role::operate);
    CHECK(verify_password(ada->password_hash, base::Secret(std::string_view("long enough"))));
    CHECK(Operators(database).find("bo").value()->role == Role::read);
    CHECK(count(database, "audit WHERE action = 'operator.added'") == 2);
    CHECK(count(database, "users") == 0);
}

TEST_CASE("the very same file is applied once; another one with a name that exists is refused whole") {
    const tests::Box box;
    auto database = box.open();
    REQUIRE(take(database, file_of("d1", user("ada"))));
    REQUIRE(take(database, file_of("d1", user("ada"))));
    const auto again = error_of(take(database, file_of("d2", user("new"), user("Ada"))));
    CHECK(again.code == "operator_exists");
    CHECK(again.message.starts_with("users[1]: "));
    CHECK(Operators(database).list()->size() == 1);
}

TEST_CASE("an administrator of the file takes the place of the one that was made up, until that one is somebody's") {
    const tests::Box box;
    auto database = box.open();
    base::SystemFiles files;
    REQUIRE(make_first_operator(database, files, box.folder.path(), new_year).value());
    REQUIRE(make_first_user(database, files, box.folder.path(), box_key(), new_year).value());
    CHECK(take(database, file_of("d0", user("admin", "long enough", "read"))).error().code == "operator_exists");
    CHECK(take(database, file_of("d0", clean_user("admin", "long enough", "user"))).error().code == "user_exists");
    REQUIRE(take(database, file_of("d1", user("Admin"), clean_user("admin"))));
    const auto admin = Operators(database).find_account("admin").value();
    CHECK(admin->who.name == "Admin");
    CHECK_FALSE(admin->who.initial_password);
    CHECK(verify_password(admin->password_hash, base::Secret(std::string_view("long enough"))));
    CHECK(count(database, "operators") == 1);
    CHECK_FALSE(Users(database).find("admin").value()->initial_password);
    CHECK(count(database, "users") == 1);
    CHECK(take(database, file_of("d2", user("admin"))).error().code == "operator_exists");
    CHECK(take(database, file_of("d2", clean_user("admin"))).error().code == "user_exists");
}

TEST_CASE("users of the clean door belong to the default organization and are administrators unless the file says so") {
    const tests::Box box;
    auto database = box.open();
    auto file = file_of("d", clean_user("ada"), user("ops"), clean_user("bo", "another one", "org-admin"));
    file.users[0].name = "Ada L.";
    file.users[0].email = "ada@example.test";
    REQUIRE(take(database, file));
    const auto ada = Users(database).find_account("ADA").value();
    REQUIRE(ada);
    CHECK(ada->who.role == UserRole::admin);
    CHECK(ada->who.name == "Ada L.");
    CHECK(ada->who.email == "ada@example.test");
    CHECK(ada->who.organization_name == "default");
    CHECK(is_let_in(ada->who));
    CHECK_FALSE(ada->who.initial_password);
    CHECK(verify_password(ada->password_hash, base::Secret(std::string_view("long enough"))));
    CHECK(ApiKeys(database, box_key()).show(ada->who.id).value()->size() == issued_key_length);
    CHECK(Users(database).find("bo").value()->role == UserRole::org_admin);
    CHECK(Operators(database).list()->size() == 1);
    CHECK(count(database, "audit WHERE action = 'user.added' AND detail LIKE '%clean%'") == 2);
}

TEST_CASE("an API key of the file is its user's, whether the user is new or was there; it takes a former one's place") {
    const tests::Box box;
    auto database = box.open();
    const auto old = tests::add_user(database, "old");
    auto file = file_of("d", clean_user("new"));
    file.api_keys.push_back(api_key("NEW"));
    file.api_keys.push_back(api_key("old", "zzzzzzzzzzzzzzzzzzzz"));
    const auto former = ApiKeys(database, box_key()).regenerate(old, new_year);
    REQUIRE(take(database, file));
    CHECK(tests::holder(database, good_key)->login == "new");
    CHECK(tests::holder(database, "zzzzzzzzzzzzzzzzzzzz")->login == "old");
    CHECK_FALSE(tests::holder(database, former->reveal()));
    CHECK(count(database, "audit WHERE action = 'user.api_key'") == 2);
}

TEST_CASE("an API key that can't be kept leaves nothing of the file behind, and is not told") {
    const tests::Box box;
    auto database = box.open();
    tests::add_user(database, "old");
    const auto other = tests::add_user(database, "other");
    REQUIRE(ApiKeys(database, box_key()).keep(other, "aaaaaaaaaaaaaaaaaaaa", new_year));
    struct Fault {
        std::string owner;
        std::string key;
        std::string code;
    };
    for (const auto& [owner, key, code] :
         {Fault{"nobody", std::string(good_key) + "x", "no_user"}, Fault{"old", "tooshort", "api_key_invalid"},
          Fault{"old", "with a blank in the middle", "api_key_invalid"},
          Fault{"old", std::string(65, 'a'), "api_key_invalid"}, Fault{"old", "aaaaaaaaaaaaaaaaaaaa", "api_key_exists"},
          Fault{"old", std::string(good_key), "api_key_exists"},
          Fault{"New", std::string(good_key) + "x", "api_key_repeated"}}) {
        auto file = file_of("d", clean_user("new"), user("ops"));
        file.api_keys.push_back(api_key("new"));
        file.api_keys.push_back(api_key(owner, key));
        const auto error = error_of(take(database, file));
        CAPTURE(error.text());
        CHECK(error.code == code);
        CHECK(error.message.starts_with("apikeys[1]: "));
        CHECK(error.text().find(key) == std::string::npos);
        CHECK_FALSE(Users(database).find("new").value());
        CHECK(Operators(database).list()->empty());
        CHECK_FALSE(tests::holder(database, good_key));
        CHECK(count(database, "audit") == 0);
    }
}

TEST_CASE("what breaks the rules for operators or users is refused by its place, and nobody is made") {
    const tests::Box box;
    auto database = box.open();
    tests::add_user(database, "Taken");
    struct Fault {
        config::OneTimeUser second;
        std::string code;
    };
    std::vector<Fault> faults;
    faults.push_back({user("a b"), "name_invalid"});
    faults.push_back({user("b", "long enough", "root"), "role_invalid"});
    faults.push_back({user("b", "short"), "password_short"});
    faults.push_back({user("FINE"), "name_repeated"});
    faults.push_back({clean_user("a b"), "login_invalid"});
    faults.push_back({clean_user("b", "long enough", "operate"), "role_invalid"});
    faults.push_back({clean_user("b", "short"), "password_short"});
    faults.push_back({clean_user("taken"), "user_exists"});
    for (Fault& fault : faults) {
        const auto error = error_of(take(database, file_of("d", user("fine"), std::move(fault.second))));
        CAPTURE(error.text());
        CHECK(error.code == fault.code);
        CHECK(error.message.starts_with("users[1]: "));
        CHECK(Operators(database).list()->empty());
        CHECK(count(database, "users") == 1);
    }
    CHECK(error_of(take(database, file_of("d", clean_user("fine"), clean_user("Fine")))).code == "name_repeated");
    REQUIRE(take(database, file_of("d", clean_user("fine"), user("Fine"))));  // a door each
}

TEST_CASE("without the users' key no user of the clean door is made, but operators are") {
    const tests::Box box;
    auto database = box.open();
    const base::Error lost{base::ErrorKind::unavailable, "users_key_locked", "It is lost.", ""};
    const auto refused = take_one_time_users(database, file_of("d", clean_user("ada")), {box_key(), lost}, new_year);
    CHECK(error_of(refused) == lost);
    CHECK(count(database, "users") == 0);
    CHECK(take_one_time_users(database, file_of("d", user("ada")), {box_key(), lost}, new_year));
}

}  // namespace one_time_users_test
