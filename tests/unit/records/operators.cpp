#include "records/operators.hpp"

#include "records/password.hpp"
#include "records/second_factor.hpp"
#include "records/sessions.hpp"
#include "records/tokens.hpp"
#include "tests/unit/records/box.hpp"

namespace operators_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::base::Secret;
using gatehouse::tests::add_operator;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::fresh_operator;
using gatehouse::tests::new_year;

Candidate candidate(std::string name, std::string_view password = "correct horse") {
    Candidate one;
    one.name = std::move(name);
    one.role = Role::operate;
    one.password = Secret(password);
    return one;
}

std::vector<std::string> names(Operators& operators) {
    const auto all = operators.list();
    REQUIRE(all);
    std::vector<std::string> found;
    for (const Operator& one : *all)
        found.push_back(one.name);
    return found;
}

}  // namespace

TEST_CASE("an operator is found as it was made, also after the database was opened anew") {
    const Box box;
    std::int64_t id = 0;
    {
        auto database = box.open();
        auto fresh = hashed(candidate("Ada.L-1_x"));
        REQUIRE(fresh);
        fresh->email = "ada@example.test";
        fresh->display_name =
            "Ada Lovel\xC3\xA4"
            "ce";
        const auto made = Operators(database).make(*fresh, new_year);
        REQUIRE(made);
        id = made->id;
    }
    auto database = box.open();
    const auto account = Operators(database).find_account("ada.l-1_X");
    REQUIRE(account);
    REQUIRE(*account);
    const Operator& who = (*account)->who;
    CHECK(who.id == id);
    CHECK(who.name == "Ada.L-1_x");
    CHECK(who.role == Role::operate);
    CHECK(who.email == "ada@example.test");
    CHECK(who.display_name ==
          "Ada Lovel\xC3\xA4"
          "ce");
    CHECK(who.created == new_year);
    CHECK(who.password_changed == new_year);
    CHECK_FALSE(who.initial_password);
    CHECK_FALSE(who.second_factor);
    CHECK(verify_password((*account)->password_hash, Secret("correct horse")));
    CHECK((*Operators(database).find("ADA.L-1_X"))->id == id);
}

TEST_CASE("names are 1 to 64 of letters, digits, dots, hyphens and underscores") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    for (const std::string& good : {std::string("a"), std::string(64, 'n'), std::string("A.b_c-9")})
        CHECK(operators.make(fresh_operator(good), new_year));
    for (const std::string& bad :
         {std::string(), std::string(65, 'n'), std::string("a b"), std::string("a/b"), std::string("\xC3\xBC"),
          std::string("a\0b", 3), std::string("a\n"), std::string("<a>"), std::string("a'--")}) {
        CAPTURE(bad);
        const auto error = error_of(operators.make(fresh_operator(bad), new_year));
        CHECK(error.kind == ErrorKind::input);
        CHECK(error.code == "name_invalid");
        CHECK(check_candidate(candidate(bad)).error().code == "name_invalid");
        const auto found = operators.find(bad);
        REQUIRE(found);
        CHECK_FALSE(*found);
        CHECK(error_of(operators.remove(bad)).code == "no_operator");
        CHECK(error_of(operators.set_password(bad, "x", new_year)).code == "no_operator");
    }
}

TEST_CASE("a name is taken whatever its case") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    add_operator(database, "Admin");
    const auto error = error_of(operators.make(fresh_operator("aDMIN"), new_year));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "operator_exists");
    CHECK(names(operators) == std::vector<std::string>{"Admin"});
}

TEST_CASE("what is no e-mail address and no display name is refused") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    for (const std::string& bad :
         {std::string("ada"), std::string("@x"), std::string("x@"), std::string("a@b@c"), std::string("a b@c"),
          std::string("a@b\n"), std::string("a@") + std::string(253, 'x')}) {
        auto fresh = fresh_operator("ada");
        fresh.email = bad;
        CHECK(error_of(operators.make(fresh, new_year)).code == "email_invalid");
    }
    for (const std::string& bad : {std::string(129, 'x'), std::string("a\tb"), std::string("\xFF")}) {
        auto fresh = fresh_operator("ada");
        fresh.display_name = bad;
        CHECK(error_of(operators.make(fresh, new_year)).code == "display_name_invalid");
    }
}

TEST_CASE("operators are listed by name, whatever its case") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    CHECK(names(operators).empty());
    for (const auto* name : {"bob", "Ada", "carl", "Zoe"})
        add_operator(database, name, Role::read);
    CHECK(names(operators) == std::vector<std::string>{"Ada", "bob", "carl", "Zoe"});
}

TEST_CASE("the last operator that may operate is not removed") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    add_operator(database, "ada");
    add_operator(database, "bob");
    add_operator(database, "reader", Role::read);
    REQUIRE(operators.remove("bob"));
    const auto error = error_of(operators.remove("ADA"));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "last_operator");
    CHECK_FALSE(error.advice.empty());
    add_operator(database, "carl");
    REQUIRE(operators.remove("ada"));
    CHECK(error_of(operators.remove("carl")).code == "last_operator");
    CHECK(names(operators) == std::vector<std::string>{"carl", "reader"});
    CHECK(operators.has_operating() == true);
    CHECK(error_of(operators.remove("ada")).kind == ErrorKind::not_found);
}

TEST_CASE("two connections that each remove one of the last two leave one") {
    Box box;
    auto first = box.open();
    auto second = box.open();
    add_operator(first, "ada");
    add_operator(first, "bob");
    {
        auto transaction = Transaction::begin(first);
        REQUIRE(Operators(first).remove("ada"));
        REQUIRE(transaction->commit());
    }
    CHECK(error_of(Operators(second).remove("bob")).code == "last_operator");
}

TEST_CASE("what belonged to a removed operator is gone, and its number is not used again") {
    Box box;
    auto database = box.open();
    add_operator(database, "ada");
    const auto id = add_operator(database, "bob");
    REQUIRE(Sessions(database).start(gatehouse::tests::fresh_session(database, id), {}, new_year));
    REQUIRE(Tokens(database).issue({.operator_id = id, .name = "t"}, new_year));
    SecondFactors factors(database, Secret("0123456789abcdef"));
    REQUIRE(factors.enrol(id, "Gatehouse", "bob"));
    REQUIRE(Operators(database).remove("bob"));
    for (const std::string table : {"sessions", "tokens", "second_factors", "recovery_codes"})
        CHECK(database.query("SELECT count(*) FROM " + table)->front().integer(0) == 0);
    CHECK(add_operator(database, "bob") > id);
}

TEST_CASE("a password that is set replaces the former and tells when") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    auto fresh = fresh_operator("ada");
    fresh.initial_password = true;
    REQUIRE(operators.make(fresh, new_year));
    CHECK((*operators.find("ada"))->initial_password);
    const auto later = new_year + std::chrono::hours(1);
    REQUIRE(operators.set_password("Ada", "other hash", later));
    const auto account = operators.find_account("ada");
    CHECK((*account)->password_hash == "other hash");
    CHECK((*account)->who.password_changed == later);
    CHECK((*account)->who.created == new_year);
    CHECK_FALSE((*account)->who.initial_password);
    CHECK(error_of(operators.set_password("eve", "x", later)).code == "no_operator");
}

TEST_CASE("who proved a password that was set anew meanwhile does not set another") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    add_operator(database, "ada");
    const auto verified = operators.find_account("ada").value().value();
    REQUIRE(operators.set_password("ada", "set on the console", new_year));
    const auto error = error_of(operators.change_password(verified, "the guesser's", new_year));
    CHECK(error.kind == ErrorKind::denied);
    CHECK(error.code == "credentials_changed");
    CHECK_FALSE(error.advice.empty());
    CHECK((*operators.find_account("ada"))->password_hash == "set on the console");
    const auto again = operators.find_account("ada").value().value();
    REQUIRE(operators.change_password(again, "the owner's", new_year));
    CHECK((*operators.find_account("ada"))->password_hash == "the owner's");
}

TEST_CASE("no operator has a name by which the audit and paths call somebody else") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    for (const std::string name : {"root", "system", "console", "self", "Root", "SELF"}) {
        CAPTURE(name);
        CHECK(error_of(operators.make(fresh_operator(name), new_year)).code == "name_invalid");
        CHECK(error_of(check_candidate(candidate(name))).kind == ErrorKind::input);
        CHECK(error_of(operators.check_new(candidate(name))).code == "name_invalid");
    }
    CHECK(operators.make(fresh_operator("rooter"), new_year));
}

TEST_CASE("an operator is judged without being stored") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    add_operator(database, "Taken");
    struct Fault {
        Candidate one;
        std::string code;
    };
    std::vector<Fault> faults;
    faults.push_back({candidate("no name"), "name_invalid"});
    faults.push_back({candidate("bob", "short"), "password_short"});
    faults.push_back({candidate("bobbybobby", "bobbybobby"), "password_is_name"});
    faults.push_back({candidate("taken"), "operator_exists"});
    for (const Fault& fault : faults) {
        const auto error = error_of(operators.check_new(fault.one));
        CHECK(error.code == fault.code);
        CHECK(error.text().find("correct horse") == std::string::npos);
    }
    CHECK(operators.check_new(candidate("ada")));
    CHECK(names(operators) == std::vector<std::string>{"Taken"});
}

TEST_CASE("several operators are stored all or none") {
    Box box;
    auto database = box.open();
    Operators operators(database);
    add_operator(database, "taken");
    const std::vector<NewOperator> clashing{fresh_operator("ada"), fresh_operator("bob"), fresh_operator("TAKEN")};
    CHECK(error_of(operators.make_all(clashing, new_year)).code == "operator_exists");
    CHECK(names(operators) == std::vector<std::string>{"taken"});
    REQUIRE(operators.make_all(std::span(clashing).first(2), new_year));
    CHECK(names(operators) == std::vector<std::string>{"ada", "bob", "taken"});
}

}  // namespace operators_test
