#include "server/admin/expiry.hpp"

#include <catch2/catch.hpp>

namespace expiry_test {

using namespace gatehouse;
using admin::Expiry;
using config::Interface;

namespace {

constexpr std::int64_t day = 86400;

certstore::CertificateFacts ending(std::int64_t at, const std::string& fingerprint = "aa") {
    certstore::CertificateFacts facts;
    facts.subject = "CN=box.example";
    facts.fingerprint_sha256 = fingerprint;
    facts.not_after = at;
    return facts;
}

}  // namespace

TEST_CASE("each of the days before a certificate's end is told once, and that it has expired") {
    Expiry expiry;
    expiry.configure({1, 14, 7});
    const auto facts = ending(100 * day);
    std::vector<std::int64_t> told;
    for (std::int64_t hour = 0; hour < 110 * 24; ++hour) {
        const std::int64_t now = hour * 3600;
        if (expiry.look(Interface::clean, facts, now)) told.push_back((100 * day - now) / 3600);
    }
    CHECK(told == std::vector<std::int64_t>{14 * 24, 7 * 24, 24, -1});
}

TEST_CASE("only the last of the days that have come is told, and the sentence says how long it still is") {
    Expiry expiry;
    expiry.configure({60, 30, 14});
    const auto sentence = expiry.look(Interface::clean, ending(20 * day), 0);
    REQUIRE(sentence);
    CHECK(sentence->find("clean door (CN=box.example) expires in 20 days") != std::string::npos);
    CHECK_FALSE(expiry.look(Interface::clean, ending(20 * day), 5 * day));
    CHECK(expiry.look(Interface::clean, ending(20 * day), 6 * day));
}

TEST_CASE("another certificate, and the other door's, are told by themselves") {
    Expiry expiry;
    expiry.configure({30});
    CHECK(expiry.look(Interface::clean, ending(20 * day), 0));
    CHECK(expiry.look(Interface::admin, ending(20 * day), 0));
    CHECK_FALSE(expiry.look(Interface::clean, ending(20 * day), 0));
    CHECK(expiry.look(Interface::clean, ending(10 * day, "bb"), 0));
    CHECK_FALSE(expiry.look(Interface::clean, ending(90 * day, "cc"), 0));
    CHECK(expiry.look(Interface::clean, ending(90 * day, "cc"), 61 * day));
}

TEST_CASE("without days only the end itself is told") {
    Expiry expiry;
    CHECK_FALSE(expiry.look(Interface::clean, ending(day), day));
    const auto sentence = expiry.look(Interface::clean, ending(day), day + 1);
    REQUIRE(sentence);
    CHECK(sentence->find("has expired") != std::string::npos);
}

TEST_CASE("days left are whole ones, rounded down, negative once it is over") {
    CHECK(admin::days_left(ending(2 * day), 0) == 2);
    CHECK(admin::days_left(ending(2 * day), 1) == 1);
    CHECK(admin::days_left(ending(2 * day), 2 * day) == 0);
    CHECK(admin::days_left(ending(2 * day), 2 * day + 1) == -1);
    CHECK(admin::days_left(ending(2 * day), 4 * day) == -2);
}

}  // namespace expiry_test
