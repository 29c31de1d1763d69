#include "records/organizations.hpp"

#include "tests/unit/records/people.hpp"

#include <algorithm>

namespace organizations_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::tests::add_user;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::fresh_user;
using gatehouse::tests::new_year;

std::int64_t made(Database& database, const std::string& name) {
    const auto one = Organizations(database).make(name, new_year);
    REQUIRE(one);
    return one->id;
}

std::vector<std::string> names(const OrganizationPage& page) {
    std::vector<std::string> all;
    for (const Organization& one : page.organizations)
        all.push_back(one.name);
    return all;
}

void add_user_to(Database& database, std::int64_t organization, const std::string& login,
                 UserRole role = UserRole::user) {
    auto fresh = fresh_user(database, login, role);
    fresh.organization_id = organization;
    REQUIRE(Users(database).make(fresh, new_year));
}

}  // namespace

TEST_CASE("an organization is found as it was made, by its number and by its name in any case") {
    Box box;
    auto database = box.open();
    Organizations organizations(database);
    const std::string name = "A'; DROP TABLE users;-- <b>\xC3\xA4</b>";
    const auto one = organizations.make(name, new_year);
    REQUIRE(one);
    CHECK(one->name == name);
    CHECK(one->active);
    CHECK_FALSE(one->device);
    CHECK(one->users == 0);
    CHECK(one->created == new_year);
    CHECK(organizations.find(one->id).value()->name == name);
    CHECK(organizations.find_named("a'; drop table USERS;-- <B>\xC3\xA4</b>").value()->id == one->id);
    CHECK_FALSE(organizations.find(one->id + 1).value());
    CHECK_FALSE(organizations.find_named("other").value());
    CHECK_FALSE(organizations.find_named(std::string("a\0b", 3)).value());
}

TEST_CASE("a name that breaks the rules, or is taken in whatever case, is refused when making and when renaming") {
    Box box;
    auto database = box.open();
    Organizations organizations(database);
    made(database, "Acme");
    const auto id = made(database, "other");
    for (const std::string& name : {std::string(), std::string(" a"), std::string("a "), std::string("a\nb"),
                                    std::string("a\xFF"), std::string(129, 'a'), std::string("a\0b", 3)}) {
        CAPTURE(name);
        CHECK(error_of(organizations.make(name, new_year)).code == "name_invalid");
        CHECK(error_of(organizations.rename(id, name)).code == "name_invalid");
    }
    const auto error = error_of(organizations.make("ACME", new_year));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "organization_exists");
    CHECK(error_of(organizations.rename(id, "aCME")).code == "organization_exists");
    REQUIRE(organizations.rename(id, "OTHER"));
    CHECK(organizations.find(id).value()->name == "OTHER");
    CHECK(organizations.make(std::string(128, 'a'), new_year));
}

TEST_CASE("what is asked of an organization that is not there is refused") {
    Box box;
    auto database = box.open();
    Organizations organizations(database);
    CHECK(error_of(organizations.rename(7, "a")).code == "no_organization");
    CHECK(error_of(organizations.set_active(7, false)).code == "no_organization");
    CHECK(error_of(organizations.remove(7)).kind == ErrorKind::not_found);
}

TEST_CASE("organizations are listed by name, page by page, and searched by a part of the name taken literally") {
    Box box;
    auto database = box.open();
    Organizations organizations(database);
    for (const auto* name : {"delta", "Alpha", "100%_sure", "beta", "Gamma"})
        made(database, name);
    add_user_to(database, organizations.find_named("beta").value()->id, "ada");
    std::vector<std::string> seen;
    std::string cursor;
    int pages = 0;
    do {
        const auto page = organizations.list("", cursor, 2);
        REQUIRE(page);
        CHECK(page->organizations.size() <= 2);
        for (const std::string& name : names(*page))
            seen.push_back(name);
        cursor = page->next.value_or("");
        ++pages;
    } while (!cursor.empty());
    CHECK(seen == std::vector<std::string>{"100%_sure", "Alpha", "beta", "delta", "Gamma"});
    CHECK(pages == 3);
    CHECK(names(*organizations.list("TA", "", 100)) == std::vector<std::string>{"beta", "delta"});
    CHECK(names(*organizations.list("%_", "", 100)) == std::vector<std::string>{"100%_sure"});
    CHECK(names(*organizations.list("\\", "", 100)).empty());
    CHECK(organizations.list("beta", "", 1)->organizations[0].users == 1);
    CHECK(error_of(organizations.list(std::string(257, 'a'), "", 1)).code == "search_invalid");
    for (const auto* wrong : {"zz", "x", "00", "0a"})
        CHECK(error_of(organizations.list("", wrong, 1)).code == "cursor_invalid");
}

TEST_CASE("an organization goes only when nobody belongs to it, and it is said how many do") {
    Box box;
    auto database = box.open();
    Organizations organizations(database);
    const auto id = made(database, "Acme");
    add_user_to(database, id, "ada");
    add_user_to(database, id, "bo");
    const auto error = error_of(organizations.remove(id));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "organization_not_empty");
    CHECK(error.message.find("2 users") != std::string::npos);
    REQUIRE(Users(database).remove("ada"));
    REQUIRE(Users(database).remove("bo"));
    REQUIRE(organizations.remove(id));
    CHECK_FALSE(organizations.find(id).value());
    CHECK(made(database, "Acme") != id);
}

TEST_CASE("an organization that something other than users refers to stays") {
    Box box;
    auto database = box.open();
    const auto id = made(database, "Acme");
    REQUIRE(database.run_script("CREATE TABLE things (organization_id INTEGER REFERENCES organizations (id)) STRICT"));
    REQUIRE(database.change("INSERT INTO things (organization_id) VALUES ($1)", {id}));
    CHECK(error_of(Organizations(database).remove(id)).code == "organization_not_empty");
    CHECK(Organizations(database).find(id).value());
}

TEST_CASE("users of an organization that is not active are not let in") {
    Box box;
    auto database = box.open();
    Organizations organizations(database);
    const auto id = made(database, "Acme");
    add_user_to(database, id, "ada");
    CHECK(is_let_in(gatehouse::tests::user_named(database, "ada")));
    REQUIRE(organizations.set_active(id, false));
    CHECK_FALSE(is_let_in(gatehouse::tests::user_named(database, "ada")));
    CHECK(gatehouse::tests::user_named(database, "ada").active);
    REQUIRE(organizations.set_active(id, true));
    REQUIRE(organizations.set_active(id, true));
    CHECK(is_let_in(gatehouse::tests::user_named(database, "ada")));
}

TEST_CASE("the organization of the last active administrator stays active") {
    Box box;
    auto database = box.open();
    Organizations organizations(database);
    const auto id = made(database, "Acme");
    const auto other = made(database, "other");
    REQUIRE(organizations.set_active(id, false));  // there is no administrator yet, whom this could lock out
    REQUIRE(organizations.set_active(id, true));
    add_user_to(database, id, "ada", UserRole::admin);
    add_user_to(database, other, "bo", UserRole::org_admin);
    REQUIRE(organizations.set_active(other, false));
    const auto error = error_of(organizations.set_active(id, false));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "last_admin");
    add_user_to(database, other, "cy", UserRole::admin);
    CHECK(error_of(organizations.set_active(id, false)).code == "last_admin");  // cy's own is not active
    REQUIRE(organizations.set_active(other, true));
    REQUIRE(organizations.set_active(id, false));
}

}  // namespace organizations_test
