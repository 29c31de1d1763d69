#include "server/clean/rights.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace rights_test {

using namespace gatehouse;
using clean::judge;
using clean::Wish;
using records::User;
using records::UserRole;

namespace {

User somebody(std::int64_t id, std::int64_t organization, UserRole role) {
    User user;
    user.id = id;
    user.login = "user" + std::to_string(id);
    user.organization_id = organization;
    user.role = role;
    return user;
}

std::string code(const base::Result<void>& judged) {
    return judged ? "" : judged.error().code;
}

const User root = somebody(1, 1, UserRole::admin);
const User chief = somebody(2, 2, UserRole::org_admin);
const User ada = somebody(3, 2, UserRole::user);
const User bob = somebody(4, 2, UserRole::user);
const User foreigner = somebody(5, 3, UserRole::user);
const User root_in_2 = somebody(6, 2, UserRole::admin);

}  // namespace

TEST_CASE("a user sees and describes itself, and holds its key; nobody else is there for it") {
    for (const Wish wish : {Wish::see, Wish::describe, Wish::hold_key})
        CHECK(judge(ada, ada, wish));
    CHECK(code(judge(ada, ada, Wish::order)) == "role_too_low");
    for (const User* other : {&bob, &chief, &root, &foreigner}) {
        for (const Wish wish : {Wish::see, Wish::describe, Wish::order, Wish::hold_key})
            CHECK(code(judge(ada, *other, wish)) == "no_user");
    }
}

TEST_CASE("an org-admin orders its organization, but neither its administrators nor anybody's key") {
    for (const Wish wish : {Wish::see, Wish::describe, Wish::order})
        CHECK(judge(chief, ada, wish));
    CHECK(code(judge(chief, ada, Wish::hold_key)) == "role_too_low");
    CHECK(judge(chief, chief, Wish::hold_key));
    CHECK(judge(chief, root_in_2, Wish::see));
    for (const Wish wish : {Wish::describe, Wish::order, Wish::hold_key})
        CHECK(code(judge(chief, root_in_2, wish)) == "role_too_low");
    CHECK(code(judge(chief, foreigner, Wish::see)) == "no_user");
}

TEST_CASE("an administrator does everything") {
    for (const User* other : {&ada, &chief, &root, &foreigner, &root_in_2}) {
        for (const Wish wish : {Wish::see, Wish::describe, Wish::order, Wish::hold_key})
            CHECK(judge(root, *other, wish));
    }
}

TEST_CASE("nobody gives a role above its own, or elsewhere") {
    CHECK(clean::judge_role(root, 7, UserRole::admin));
    CHECK(clean::judge_role(chief, 2, UserRole::org_admin));
    CHECK(code(clean::judge_role(chief, 2, UserRole::admin)) == "role_too_high");
    CHECK(code(clean::judge_role(chief, 3, UserRole::user)) == "no_organization");
    CHECK(code(clean::judge_role(ada, 2, UserRole::user)) == "role_too_low");
    CHECK(code(clean::judge_role(ada, 3, UserRole::user)) == "no_organization");
}

TEST_CASE("one's own organization is seen, others by administrators alone") {
    CHECK(clean::judge_organization(ada, 2));
    CHECK(code(clean::judge_organization(ada, 3)) == "no_organization");
    CHECK(clean::judge_organization(root, 3));
}

}  // namespace rights_test
