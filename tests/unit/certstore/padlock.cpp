// The colour that an administrator sees, and why.
#include "certstore/padlock.hpp"

#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>

namespace gatehouse::certstore::padlock_test {
namespace {

using testing::day;
using testing::make;
using testing::now;

std::vector<Finding> judged(const testing::Wish& wish, const std::string& hostname = "box.example",
                            const std::string& key_type = "EC:P-256") {
    return judge(*testing::load(make(wish, nullptr, key_type)), {.hostname = hostname, .now = now, .service_uid = 0});
}

Padlock shown(const std::vector<Finding>& findings) {
    return padlock(findings, "box.example", PairServed::operators, true);
}

std::vector<std::string> codes(const Padlock& padlock) {
    std::vector<std::string> codes;
    for (const Padlock::Reason& reason : padlock.reasons) {
        CHECK_FALSE(reason.message.empty());
        codes.push_back(reason.code);
    }
    return codes;
}

TEST_CASE("a self-signed certificate with the right name is green") {
    const Padlock padlock = shown(judged({}));
    CHECK(padlock.colour == Colour::green);
    CHECK(padlock.reasons.empty());
    CHECK(padlock.sentence == "The certificate is valid and names box.example.");
}

TEST_CASE("the name in the CN makes it green where there is no SAN, and notes change nothing") {
    testing::Wish wish;
    wish.alternative_names.clear();
    wish.not_after = now + 3000 * day;
    const auto findings = judged(wish);
    REQUIRE(findings.size() == 3);  // self_signed, cn_only, long_validity
    CHECK(shown(findings).colour == Colour::green);
}

TEST_CASE("another name is yellow, and so is whatever warns; the reasons are the findings") {
    const Padlock named = shown(judged({}, "other.example"));
    CHECK(named.colour == Colour::yellow);
    CHECK(codes(named) == std::vector<std::string>{"hostname_mismatch"});
    CHECK_THAT(named.sentence, Catch::Contains("not for this door's hostname"));
    CHECK_FALSE(named.reasons.front().advice.empty());

    CHECK(codes(shown(judged({}, "box.example", "ED25519"))) == std::vector<std::string>{"browsers_refuse"});
    const Padlock both = shown(judged({}, "other.example", "ED25519"));
    CHECK(both.colour == Colour::yellow);
    CHECK(both.reasons.size() == 2);
    CHECK_THAT(both.sentence, Catch::EndsWith("(and 1 more)"));
}

TEST_CASE("expired and not yet valid are red, before what only warns") {
    testing::Wish wish;
    wish.not_after = now - 1;
    const Padlock expired = shown(judged(wish, "other.example"));
    CHECK(expired.colour == Colour::red);
    CHECK(codes(expired) == std::vector<std::string>{"expired", "hostname_mismatch"});
    wish.not_before = now + day;
    wish.not_after = now + 2 * day;
    CHECK(codes(shown(judged(wish))) == std::vector<std::string>{"not_yet_valid"});
    CHECK(shown(judged(wish)).colour == Colour::red);
}

TEST_CASE("a refusal is red") {
    CHECK(shown({{"key_weak", Severity::refuse, "Too weak.", ""}}).colour == Colour::red);
}

TEST_CASE("a stand-in is red where the operator placed a pair, and judged like any other where not") {
    const auto good = judged({});
    const Padlock last_good = padlock(good, "box.example", PairServed::last_good, true);
    CHECK(last_good.colour == Colour::red);
    CHECK(codes(last_good) == std::vector<std::string>{"last_good_served"});
    const Padlock made = padlock(judged({}, "other.example"), "other.example", PairServed::self_signed, true);
    CHECK(made.colour == Colour::red);
    CHECK(codes(made) == std::vector<std::string>{"self_signed_served", "hostname_mismatch"});
    for (const PairServed served : {PairServed::self_signed, PairServed::last_good})
        CHECK(padlock(good, "box.example", served, false).colour == Colour::green);
}

TEST_CASE("colours have the names of the API") {
    CHECK(name(Colour::green) == "green");
    CHECK(name(Colour::yellow) == "yellow");
    CHECK(name(Colour::red) == "red");
}

}  // namespace
}  // namespace gatehouse::certstore::padlock_test
