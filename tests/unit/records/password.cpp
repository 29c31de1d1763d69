#include "records/password.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace password_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::base::Secret;

std::string code_of(std::string_view name, std::string_view password) {
    const auto checked = check_password(name, Secret(password));
    if (checked) return "";
    CHECK(checked.error().kind == ErrorKind::input);
    CHECK(checked.error().text().find(std::string(password)) == (password.empty() ? 0 : std::string::npos));
    return checked.error().code;
}

// "$argon2id$v=19$m=19456,t=2,p=1": what decides the cost.
std::string cost_of(const std::string& hash) {
    std::size_t end = 0;
    for (int i = 0; i < 3; ++i)
        end = hash.find('$', end + 1);
    return hash.substr(0, end);
}

}  // namespace

TEST_CASE("a password has 10 characters at least and 1024 bytes at most, and is not the name") {
    CHECK(code_of("admin", "").empty() == false);
    CHECK(code_of("admin", "123456789") == "password_short");
    CHECK(code_of("admin", "1234567890").empty());
    CHECK(code_of("admin", std::string(1024, 'x')).empty());
    CHECK(code_of("admin", std::string(1025, 'x')) == "password_long");
    CHECK(code_of("operator-one", "operator-one") == "password_is_name");
    CHECK(code_of("operator-one", "Operator-ONE") == "password_is_name");
    CHECK(code_of("operator-one", "operator-one1").empty());
}

TEST_CASE("characters of several bytes count once") {
    std::string nine;
    for (int i = 0; i < 9; ++i)
        nine += "\xC3\xBC";
    CHECK(code_of("admin", nine) == "password_short");
    CHECK(code_of("admin", nine + "x").empty());
}

TEST_CASE("a hash is argon2id of 19 MiB and 2 passes, and only its own password matches it") {
    const Secret password(std::string_view("correct\0horse\xFF", 14));
    const auto hash = hash_password(password);
    REQUIRE(hash);
    CHECK(cost_of(*hash) == "$argon2id$v=19$m=19456,t=2,p=1");
    CHECK(verify_password(*hash, password));
    CHECK_FALSE(verify_password(*hash, Secret(std::string_view("correct\0horse\xFE", 14))));
    CHECK_FALSE(verify_password(*hash, Secret("correct")));
    CHECK_FALSE(verify_password(*hash, Secret()));
    CHECK(hash_password(password) != hash);
}

TEST_CASE("what is no hash matches nothing") {
    const Secret password("1234567890");
    for (const std::string& hash : {std::string(), std::string("no hash"), std::string("1234567890"),
                                    std::string("$argon2id$v=19$m=19456,t=2,p=1$"), std::string(4096, 'x')}) {
        CHECK_FALSE(verify_password(hash, password));
    }
}

TEST_CASE("the decoy costs what a real hash costs, and no password matches it") {
    const auto real = hash_password(Secret("1234567890"));
    REQUIRE(real);
    CHECK(cost_of(decoy_hash()) == cost_of(*real));
    CHECK(decoy_hash().size() == real->size());
    CHECK_FALSE(verify_password(decoy_hash(), Secret("1234567890")));
    CHECK_FALSE(verify_password(decoy_hash(), Secret()));
}

TEST_CASE("random passwords keep the rules, hold nothing that looks alike, and differ") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto password = random_password();
        CHECK(check_password("admin", password));
        CHECK(password.size() == 20);
        CHECK(password.reveal().find_first_of("0Oo1lIi") == std::string_view::npos);
        CHECK(seen.insert(std::string(password.reveal())).second);
    }
}

}  // namespace password_test
