#include "records/first_operator.hpp"

#include "records/password.hpp"
#include "tests/unit/records/box.hpp"

namespace first_operator_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::Secret;
using gatehouse::tests::add_operator;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;
namespace fs = std::filesystem;

}  // namespace

TEST_CASE("a new box has the operator admin, whose password stands in a file of its own") {
    Box box;
    const auto file = box.folder / "initial-password";
    auto database = box.open();
    const auto first = make_first_operator(database, box.files, box.folder.path(), new_year);
    REQUIRE(first);
    REQUIRE(*first);
    CHECK((*first)->name == "admin");
    const auto contents = box.files.read(file, 100);
    REQUIRE(contents);
    CHECK(contents->facts.mode == 0600);
    CHECK(contents->bytes.equals(std::string((*first)->password.reveal()) + "\n"));
    const auto account = Operators(database).find_account("admin");
    CHECK((*account)->who.role == Role::operate);
    CHECK((*account)->who.initial_password);
    CHECK(verify_password((*account)->password_hash, (*first)->password));

    const auto again = make_first_operator(database, box.files, box.folder.path(), new_year);
    REQUIRE(again);
    CHECK_FALSE(*again);
    CHECK(box.files.read(file, 100)->bytes.equals(contents->bytes.reveal()));
}

TEST_CASE("the file stays as long as somebody has that password, and goes then") {
    Box box;
    const auto file = box.folder / "initial-password";
    auto database = box.open();
    Operators operators(database);
    REQUIRE(make_first_operator(database, box.files, box.folder.path(), new_year));
    REQUIRE(settle_first_operator(database, box.files, box.folder.path()));
    CHECK(fs::exists(file));
    add_operator(database, "ada");
    REQUIRE(operators.set_password("ada", "x", new_year));
    REQUIRE(settle_first_operator(database, box.files, box.folder.path()));
    CHECK(fs::exists(file));

    SECTION("when it was changed") {
        REQUIRE(operators.set_password("admin", "x", new_year));
    }
    SECTION("when its operator was removed") {
        REQUIRE(operators.remove("admin"));
    }
    REQUIRE(settle_first_operator(database, box.files, box.folder.path()));
    CHECK_FALSE(fs::exists(file));
    REQUIRE(settle_first_operator(database, box.files, box.folder.path()));
}

TEST_CASE("where operators were set up already no first one is made") {
    Box box;
    auto database = box.open();
    add_operator(database, "ada");
    CHECK_FALSE(*make_first_operator(database, box.files, box.folder.path(), new_year));
    CHECK_FALSE(fs::exists(box.folder / "initial-password"));
}

TEST_CASE("a box whose operators may only look gets one that may operate, under a name that is free") {
    Box box;
    auto database = box.open();
    add_operator(database, "Admin", Role::read);
    add_operator(database, "admin2", Role::read);
    const auto first = make_first_operator(database, box.files, box.folder.path(), new_year);
    REQUIRE(first);
    CHECK((*first)->name == "admin3");
}

TEST_CASE("where the file can't be written no operator is made whose password nobody knows") {
    Box box;
    auto database = box.open();
    fs::create_directory(box.folder / "initial-password");
    CHECK_FALSE(make_first_operator(database, box.files, box.folder.path(), new_year));
    CHECK(Operators(database).list()->empty());
    fs::remove(box.folder / "initial-password");
    CHECK(make_first_operator(database, box.files, box.folder.path(), new_year));
}

}  // namespace first_operator_test
