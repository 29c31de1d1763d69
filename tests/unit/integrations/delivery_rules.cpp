#include "server/integrations/delivery_rules.hpp"

#include "server/integrations/disposition_body.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <limits>
#include <set>
#include <string>

namespace delivery_rules_test {

using namespace gatehouse::integrations;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Delivery::Kind;

namespace {

constexpr std::int64_t now = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

}  // namespace

TEST_CASE("each status means what the contract says") {
    const std::set<unsigned> again{408};
    const std::set<unsigned> away{429, 502, 503, 504};
    for (unsigned status = 100; status < 600; ++status) {
        CAPTURE(status);
        Kind expected = Kind::refused;
        if (status / 100 == 2) expected = Kind::delivered;
        if (status / 100 == 5 || again.contains(status)) expected = Kind::again;
        if (away.contains(status)) expected = Kind::away;
        const Delivery delivery = delivery_of(status, std::nullopt, now);
        CHECK(delivery.kind == expected);
        CHECK(delivery.message.empty() == (expected == Kind::delivered));
        CHECK(delivery.code == (expected == Kind::delivered ? "" : "status"));
        CHECK_FALSE(delivery.retry_after);
        if (expected != Kind::delivered) {
            CHECK(delivery.message.find(std::to_string(status)) != std::string::npos);
        }
    }
    for (const unsigned odd : {0U, 1U, 99U, 600U, 999U})
        CHECK(delivery_of(odd, std::nullopt, now).kind == Kind::refused);
}

TEST_CASE("what a person can do stands behind the status") {
    CHECK(delivery_of(307, std::nullopt, now).message.find("not followed") != std::string::npos);
    CHECK(delivery_of(401, std::nullopt, now).message.find("password") != std::string::npos);
    for (const unsigned status : {500U, 502U, 503U, 504U, 507U})
        CHECK(delivery_of(status, std::nullopt, now).message.find("trouble of its own") != std::string::npos);
    CHECK(delivery_of(413, std::nullopt, now).message.find("no body so large") != std::string::npos);
    CHECK(delivery_of(403, std::nullopt, now).message.find("password") != std::string::npos);
}

TEST_CASE("a service says how long it wants to be left alone, in seconds or by a date, within bounds") {
    CHECK(parse_retry_after("0", now) == seconds(0));
    CHECK(parse_retry_after("120", now) == seconds(120));
    CHECK(parse_retry_after("3600", now) == seconds(3600));
    CHECK(parse_retry_after("86400", now) == seconds(3600));
    CHECK(parse_retry_after("99999999999999999999999999", now) == seconds(3600));
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now) == seconds(60));
    CHECK(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", now) == seconds(60));
    CHECK(parse_retry_after("Sun Nov  6 08:50:37 1994", now) == seconds(60));
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:36 GMT", now) == seconds(0));
    CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now) == seconds(3600));
    for (const std::string text : {"", " ", "soon", "-1", "+1", "1.5", "1 ", "0x10", "Sun, 31 Feb 1994 08:49:36 GMT"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_retry_after(text, now));
    }
}

TEST_CASE("how long to wait is heard where there is another attempt") {
    CHECK(delivery_of(503, "7", now).retry_after == seconds(7));
    CHECK(delivery_of(429, "7", now).retry_after == seconds(7));
    CHECK(delivery_of(500, "7", now).retry_after == seconds(7));
    CHECK_FALSE(delivery_of(503, "never", now).retry_after);
    CHECK_FALSE(delivery_of(404, "7", now).retry_after);
    CHECK_FALSE(delivery_of(301, "7", now).retry_after);
    CHECK_FALSE(delivery_of(201, "7", now).retry_after);
}

TEST_CASE("pauses double up to the longest, at least half of each, never all alike") {
    const auto whole = [](unsigned failures) { return backed_off(seconds(1), seconds(900), failures, 1.0); };
    const auto least = [](unsigned failures) { return backed_off(seconds(1), seconds(900), failures, 0.0); };
    CHECK(whole(1) == seconds(1));
    CHECK(whole(2) == seconds(2));
    CHECK(whole(10) == seconds(512));
    CHECK(whole(11) == seconds(900));
    CHECK(whole(std::numeric_limits<unsigned>::max()) == seconds(900));
    CHECK(whole(0) == seconds(1));
    CHECK(least(1) == milliseconds(500));
    CHECK(least(11) == seconds(450));
    CHECK(backed_off(seconds(1), seconds(900), 11, 0.5) == seconds(675));
    CHECK(backed_off(seconds(1), seconds(900), 11, -7) == seconds(450));
    CHECK(backed_off(seconds(1), seconds(900), 11, 7) == seconds(900));
    CHECK(backed_off(seconds(10), seconds(5), 1, 1.0) == seconds(5));
}

TEST_CASE("a service is sent exactly the members of the contract") {
    Disposition disposition;
    disposition.sample = "0123456789abcdef0123456789abcdef";
    disposition.sha256 = std::string(64, 'a');
    disposition.sha1 = std::string(40, 'b');
    disposition.md5 = std::string(32, 'c');
    disposition.score = 95;
    disposition.analyzed_at = gatehouse::http::Microseconds(std::chrono::microseconds(now * 1'000'000 + 250));
    disposition.idempotency_key = "not in the body";
    CHECK(disposition_body(disposition) ==
          R"({"sha256":")" + disposition.sha256 + R"(","md5":")" + disposition.md5 + R"(","sha1":")" +
              disposition.sha1 +
              R"(","disposition":"malicious","score":95,"sample":"0123456789abcdef0123456789abcdef")"
              R"(,"analyzed_at":"1994-11-06T08:49:37.000250Z"})");
    disposition.sample = "no \"UTF-8\" \xFF";
    CHECK(nlohmann::json::parse(disposition_body(disposition)).at("sample") == "no \"UTF-8\" \xEF\xBF\xBD");
}

}  // namespace delivery_rules_test
