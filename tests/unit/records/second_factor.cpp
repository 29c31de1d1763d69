#include "records/second_factor.hpp"

#include "records/totp.hpp"
#include "tests/unit/records/box.hpp"

#include <set>

namespace second_factor_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::base::Secret;
using gatehouse::tests::add_operator;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;

const std::string_view key_text = "a key that only this box knows";

// What an app makes of the secret that was typed into it.
Secret secret_of(const Enrolment& enrolment) {
    const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : enrolment.secret.reveal()) {
        bits = bits << 5U | static_cast<std::uint32_t>(alphabet.find(c));
        held += 5;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>(bits >> held & 0xFFU);
        }
    }
    return Secret(std::string_view(bytes));
}

// An operator with an app.
struct Person {
    std::int64_t id = 0;
    Secret secret;
    std::vector<Secret> recovery_codes;

    [[nodiscard]] std::string code(Time time) const { return totp_code(secret, totp_step(time)); }
};

Person enrolled(Database& database, const std::string& name) {
    SecondFactors factors(database, Secret(key_text));
    Person person;
    person.id = add_operator(database, name);
    const auto enrolment = factors.enrol(person.id, "Gatehouse", name);
    REQUIRE(enrolment);
    person.secret = secret_of(*enrolment);
    auto codes = factors.confirm(person.id, person.code(new_year), new_year);
    REQUIRE(codes);
    person.recovery_codes = std::move(*codes);
    return person;
}

constexpr std::chrono::seconds step(30);

}  // namespace

TEST_CASE("a second factor counts once a code of it was confirmed") {
    Box box;
    auto database = box.open();
    SecondFactors factors(database, Secret(key_text));
    const auto id = add_operator(database, "ada");
    CHECK(factors.check(id, "123456", new_year) == Factor::none);
    CHECK(error_of(factors.confirm(id, "123456", new_year)).code == "otp_not_enabled");

    const auto first = factors.enrol(id, "Box & co", "ada");
    REQUIRE(first);
    CHECK(first->secret.size() == 32);
    CHECK(first->uri.reveal().starts_with("otpauth://totp/Box%20%26%20co:ada?secret=" +
                                          std::string(first->secret.reveal())));
    CHECK_FALSE(factors.state(id)->confirmed);
    CHECK_FALSE((*Operators(database).find("ada"))->second_factor);
    CHECK(factors.check(id, totp_code(secret_of(*first), totp_step(new_year)), new_year) == Factor::none);

    const auto second = factors.enrol(id, "Box & co", "ada");
    REQUIRE(second);
    const auto stale = error_of(factors.confirm(id, totp_code(secret_of(*first), totp_step(new_year)), new_year));
    CHECK(stale.kind == ErrorKind::input);
    CHECK(stale.code == "otp_wrong");
    const std::string code = totp_code(secret_of(*second), totp_step(new_year));
    REQUIRE(factors.confirm(id, code.substr(0, 3) + " " + code.substr(3), new_year));
    CHECK(factors.state(id)->confirmed == new_year);
    CHECK(factors.state(id)->recovery_codes == 10);
    CHECK((*Operators(database).find("ada"))->second_factor);
    CHECK(error_of(factors.enrol(id, "Gatehouse", "ada")).code == "otp_enabled");
    CHECK(error_of(factors.confirm(id, code, new_year)).code == "otp_enabled");
}

TEST_CASE("each code counts once, also over a restart and for two connections") {
    Box box;
    Person ada;
    {
        auto database = box.open();
        ada = enrolled(database, "ada");
        SecondFactors factors(database, Secret(key_text));
        CHECK(factors.check(ada.id, ada.code(new_year), new_year) == Factor::wrong);  // it confirmed the enrolment
        CHECK(factors.check(ada.id, ada.code(new_year + step), new_year + step) == Factor::code);
    }
    auto database = box.open();
    auto other = box.open();
    SecondFactors factors(database, Secret(key_text));
    CHECK(factors.check(ada.id, ada.code(new_year + step), new_year + step) == Factor::wrong);
    CHECK(factors.check(ada.id, ada.code(new_year), new_year + step) == Factor::wrong);  // an earlier one even less
    CHECK(SecondFactors(other, Secret(key_text)).check(ada.id, ada.code(new_year + 2 * step), new_year + step) ==
          Factor::code);
    CHECK(factors.check(ada.id, ada.code(new_year + 2 * step), new_year + 2 * step) == Factor::wrong);
    CHECK(factors.check(ada.id, ada.code(new_year + 9 * step), new_year + 9 * step) == Factor::code);
}

TEST_CASE("codes of others and what is no code are wrong") {
    Box box;
    auto database = box.open();
    const Person ada = enrolled(database, "ada");
    const Person bob = enrolled(database, "bob");
    SecondFactors factors(database, Secret(key_text));
    const Time later = new_year + 5 * step;
    for (const std::string& wrong :
         {bob.code(later), std::string(bob.recovery_codes[0].reveal()), std::string(), std::string("12345"),
          std::string(1000, '1'), std::string(1000, ' '), std::string("\0\0\0\0\0\0", 6), std::string("\xFF\xFF")}) {
        CHECK(factors.check(ada.id, wrong, later) == Factor::wrong);
    }
    CHECK(factors.check(ada.id, ada.code(later), later) == Factor::code);
    CHECK(factors.check(9999, ada.code(later), later) == Factor::none);
    CHECK(error_of(factors.enrol(9999, "Gatehouse", "x")).code == "no_operator");
}

TEST_CASE("a recovery code counts once, however it is typed") {
    Box box;
    auto database = box.open();
    const Person ada = enrolled(database, "ada");
    SecondFactors factors(database, Secret(key_text));
    REQUIRE(ada.recovery_codes.size() == 10);
    std::set<std::string> seen;
    for (const Secret& code : ada.recovery_codes) {
        CHECK(code.size() == 11);
        CHECK(code.reveal()[5] == '-');
        CHECK(seen.insert(std::string(code.reveal())).second);
    }
    std::string typed(ada.recovery_codes[3].reveal());
    CHECK(factors.check(ada.id, typed, new_year) == Factor::recovery_code);
    CHECK(factors.check(ada.id, typed, new_year) == Factor::wrong);
    CHECK(factors.state(ada.id)->recovery_codes == 9);
    typed = std::string(ada.recovery_codes[4].reveal());
    typed.erase(5, 1);
    for (char& c : typed)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK(factors.check(ada.id, " " + typed + " ", new_year) == Factor::recovery_code);
}

TEST_CASE("a second factor that was disabled asks for nothing, and another can be enrolled") {
    Box box;
    auto database = box.open();
    const Person ada = enrolled(database, "ada");
    SecondFactors factors(database, Secret(key_text));
    REQUIRE(factors.disable(ada.id));
    CHECK(factors.check(ada.id, ada.recovery_codes[0].reveal(), new_year) == Factor::none);
    CHECK(factors.state(ada.id)->recovery_codes == 0);
    CHECK(error_of(factors.disable(ada.id)).code == "otp_not_enabled");
    CHECK(factors.enrol(ada.id, "Gatehouse", "ada"));
}

TEST_CASE("neither secrets nor recovery codes can be read in the files") {
    Box box;
    auto database = box.open();
    const Person ada = enrolled(database, "ada");
    REQUIRE(database.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    const auto contents = box.files.read(box.file, 1U << 24U);
    REQUIRE(contents);
    const std::string_view all = contents->bytes.reveal();
    CHECK(all.find(ada.secret.reveal()) == std::string_view::npos);
    CHECK(all.find(base32(ada.secret).reveal()) == std::string_view::npos);
    for (const Secret& code : ada.recovery_codes) {
        std::string bare(code.reveal());
        CHECK(all.find(bare) == std::string_view::npos);
        CHECK(all.find(bare.erase(5, 1)) == std::string_view::npos);
    }
}

TEST_CASE("a sealed secret that was changed, moved to another row or sealed with another key is refused") {
    Box box;
    auto database = box.open();
    const Person ada = enrolled(database, "ada");
    const Person bob = enrolled(database, "bob");
    SecondFactors factors(database, Secret(key_text));
    const Time later = new_year + 5 * step;
    const auto refused = [&](SecondFactors& by) {
        const auto error = error_of(by.check(ada.id, ada.code(later), later));
        CHECK(error.kind == ErrorKind::crypto);
        CHECK(error.code == "sealed_damaged");
    };

    SecondFactors other_key(database, Secret("another key of this box"));
    refused(other_key);
    const std::string sealed =
        database.query("SELECT secret FROM second_factors WHERE operator_id = $1", {ada.id})->front().bytes(0);
    const auto put = [&](const std::string& bytes) {
        REQUIRE(
            database.change("UPDATE second_factors SET secret = $2 WHERE operator_id = $1", {ada.id, Bytes{bytes}}));
    };
    for (std::size_t i = 0; i < sealed.size(); i += 7) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        put(changed);
        refused(factors);
    }
    for (const std::string& cut : {std::string(), sealed.substr(1), sealed.substr(0, sealed.size() - 1)}) {
        put(cut);
        refused(factors);
    }
    REQUIRE(
        database.change("UPDATE second_factors SET secret = (SELECT secret FROM second_factors WHERE operator_id = $2) "
                        "WHERE operator_id = $1",
                        {ada.id, bob.id}));
    refused(factors);
    put(sealed);
    CHECK(factors.check(ada.id, ada.code(later), later) == Factor::code);
}

TEST_CASE("a recovery code moved to another operator does not count there") {
    Box box;
    auto database = box.open();
    const Person ada = enrolled(database, "ada");
    const Person bob = enrolled(database, "bob");
    SecondFactors factors(database, Secret(key_text));
    REQUIRE(database.change("UPDATE recovery_codes SET operator_id = $2 WHERE operator_id = $1", {bob.id, ada.id}));
    CHECK(factors.check(ada.id, bob.recovery_codes[0].reveal(), new_year) == Factor::wrong);
}

TEST_CASE("a key that is too short is no key") {
    Box box;
    auto database = box.open();
    CHECK_THROWS(SecondFactors(database, Secret("short")));
}

}  // namespace second_factor_test
