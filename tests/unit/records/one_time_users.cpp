#include "records/one_time_users.hpp"

#include "records/audit.hpp"
#include "records/operators.hpp"
#include "records/password.hpp"
#include "tests/unit/records/box.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace one_time_users_test {

using namespace gatehouse;
using namespace gatehouse::records;
using tests::new_year;

namespace {

config::OneTimeUser user(std::string username, std::string_view password = "long enough", std::string role = "") {
    config::OneTimeUser made;
    made.username = std::move(username);
    made.password = base::Secret(password);
    made.role = std::move(role);
    return made;
}

std::vector<config::OneTimeUser> list(config::OneTimeUser one, std::optional<config::OneTimeUser> two = std::nullopt) {
    std::vector<config::OneTimeUser> all;
    all.push_back(std::move(one));
    if (two) all.push_back(std::move(*two));
    return all;
}

}  // namespace

TEST_CASE("users of a one-time file become operators with their passwords and roles, and the audit has them") {
    const tests::Box box;
    auto database = box.open();
    REQUIRE(take_one_time_users(database, list(user("ada"), user("bo", "another one", "read")), "d1", new_year));
    const auto ada = Operators(database).find_account("ada").value();
    REQUIRE(ada);
    CHECK(ada->who.role == Role::operate);
    CHECK(verify_password(ada->password_hash, base::Secret(std::string_view("long enough"))));
    CHECK(Operators(database).find("bo").value()->role == Role::read);
    CHECK(database.query("SELECT count(*) FROM audit WHERE action = 'operator.added'")->front().integer(0) == 2);
}

TEST_CASE("the very same file is applied once; another one with a name that exists is refused whole") {
    const tests::Box box;
    auto database = box.open();
    REQUIRE(take_one_time_users(database, list(user("ada")), "d1", new_year));
    REQUIRE(take_one_time_users(database, list(user("ada")), "d1", new_year));
    const auto again = take_one_time_users(database, list(user("new"), user("Ada")), "d2", new_year);
    REQUIRE_FALSE(again);
    CHECK(again.error().code == "operator_exists");
    CHECK(again.error().message.find("users[1]") == 0);
    CHECK(Operators(database).list()->size() == 1);
}

TEST_CASE("what breaks the rules for operators is refused and nobody is made") {
    const tests::Box box;
    auto database = box.open();
    for (const auto& [wrong, code] : {std::pair{0, "name_invalid"}, std::pair{1, "role_invalid"}, std::pair{2, ""}}) {
        auto users = wrong == 0   ? list(user("fine"), user("a b"))
                     : wrong == 1 ? list(user("fine"), user("b", "long enough", "root"))
                                  : list(user("fine"), user("b", "short"));
        const auto refused = take_one_time_users(database, users, "d", new_year);
        REQUIRE_FALSE(refused);
        CAPTURE(refused.error().text());
        if (*code != 0) CHECK(refused.error().code == code);
        CHECK(refused.error().message.find("users[1]") == 0);
        CHECK(Operators(database).list()->empty());
    }
}

}  // namespace one_time_users_test
