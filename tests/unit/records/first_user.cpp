#include "records/first_user.hpp"

#include "records/devices.hpp"
#include "records/organizations.hpp"
#include "records/password.hpp"
#include "tests/unit/records/people.hpp"

namespace first_user_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::Secret;
using gatehouse::tests::add_user;
using gatehouse::tests::Box;
using gatehouse::tests::box_key;
using gatehouse::tests::new_year;
using gatehouse::tests::user_named;
namespace fs = std::filesystem;

gatehouse::base::Result<std::optional<FirstUser>> make_first(Box& box, Database& database) {
    return make_first_user(database, box.files, box.folder.path(), box_key(), new_year);
}

void register_device(Database& database, const std::string& id) {
    REQUIRE(Devices(database, box_key())
                .register_device({id, DeviceKind::esa, Secret(std::string(32, 's')), "", ""}, new_year));
}

}  // namespace

TEST_CASE("a new box has the user admin of the default organization, whose password stands in a file of its own") {
    Box box;
    const auto file = box.folder / "initial-password-clean";
    auto database = box.open();
    const auto first = make_first(box, database);
    REQUIRE(first);
    REQUIRE(*first);
    CHECK((*first)->login == "admin");
    const auto contents = box.files.read(file, 100);
    REQUIRE(contents);
    CHECK(contents->facts.mode == 0600);
    CHECK(contents->bytes.equals(std::string((*first)->password.reveal()) + "\n"));
    const auto account = Users(database).find_account("admin").value().value();
    CHECK(account.who.role == UserRole::admin);
    CHECK(account.who.initial_password);
    CHECK(account.who.organization_name == "default");
    CHECK(is_let_in(account.who));
    CHECK(verify_password(account.password_hash, (*first)->password));
    CHECK(ApiKeys(database, box_key()).show(account.who.id).value());
    CHECK_FALSE(*make_first(box, database));
    CHECK(box.files.read(file, 100)->bytes.equals(contents->bytes.reveal()));
}

TEST_CASE("the file of the first user stays as long as it has that password, and goes then") {
    Box box;
    const auto file = box.folder / "initial-password-clean";
    auto database = box.open();
    Users users(database);
    REQUIRE(make_first(box, database));
    add_user(database, "ada", UserRole::admin);
    REQUIRE(users.set_password("ada", "x", new_year));
    REQUIRE(settle_first_user(database, box.files, box.folder.path()));
    CHECK(fs::exists(file));
    SECTION("when it was changed") {
        REQUIRE(users.set_password("admin", "x", new_year));
    }
    SECTION("when its user was removed") {
        REQUIRE(users.remove("admin"));
    }
    REQUIRE(settle_first_user(database, box.files, box.folder.path()));
    CHECK_FALSE(fs::exists(file));
    REQUIRE(settle_first_user(database, box.files, box.folder.path()));
}

TEST_CASE("where an administrator was set up already no first user is made") {
    Box box;
    auto database = box.open();
    add_user(database, "ada", UserRole::admin);
    CHECK_FALSE(*make_first(box, database));
    CHECK_FALSE(fs::exists(box.folder / "initial-password-clean"));
}

TEST_CASE("a box without an administrator gets one in the organization that is there, under a login that is free") {
    Box box;
    auto database = box.open();
    register_device(database, "admin");
    add_user(database, "Admin2", UserRole::org_admin);
    const auto home = user_named(database, "admin2").organization_id;
    REQUIRE(Organizations(database).rename(home, "Acme"));
    const auto first = make_first(box, database);
    REQUIRE(first);
    CHECK((*first)->login == "admin3");
    CHECK(user_named(database, "admin3").organization_name == "Acme");
}

TEST_CASE("the default organization is the oldest that is no device's, and made once under a name that is free") {
    Box box;
    auto database = box.open();
    register_device(database, "Default");
    const auto made = default_organization(database, "default", new_year);
    REQUIRE(made);
    CHECK(Organizations(database).find(*made).value()->name == "default2");
    CHECK(default_organization(database, "other", new_year) == made);
}

TEST_CASE("where the file can't be written no user is made whose password nobody knows") {
    Box box;
    auto database = box.open();
    fs::create_directory(box.folder / "initial-password-clean");
    CHECK_FALSE(make_first(box, database));
    CHECK_FALSE(Users(database).find("admin").value());
    CHECK_FALSE(Organizations(database).find_named("default").value());
    fs::remove(box.folder / "initial-password-clean");
    CHECK(make_first(box, database));
}

}  // namespace first_user_test
