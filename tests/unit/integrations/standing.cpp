#include "server/integrations/standing.hpp"

#include <catch2/catch.hpp>

namespace standing_test {

using namespace gatehouse::integrations;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Standing::Clock::time_point start{hours(1000)};
const Delivery gone{Delivery::Kind::away, "connect", "Nobody is there.", std::nullopt};

}  // namespace

TEST_CASE("a service counts as there until it is found to be away") {
    Standing standing;
    CHECK_FALSE(standing.state().away);
    CHECK(standing.may_be_called(start));
    CHECK(standing.calls(16) == 16);
    CHECK_FALSE(standing.answered(standing.round()));
}

TEST_CASE("one that is away is left alone until its time, then looked at with one call") {
    Standing standing;
    REQUIRE(standing.missed(standing.round(), gone, milliseconds(500), start));
    CHECK(standing.state().away);
    CHECK(standing.state().message == "Nobody is there.");
    CHECK(standing.misses() == 1);
    CHECK(standing.calls(16) == 1);
    CHECK_FALSE(standing.may_be_called(start + milliseconds(499)));
    CHECK(standing.may_be_called(start + milliseconds(500)));
    CHECK(standing.answered(standing.round()));
    CHECK(standing.misses() == 0);
    CHECK(standing.calls(16) == 16);
    CHECK(standing.state().message.empty());
    CHECK(standing.may_be_called(start));
}

TEST_CASE("what a service asks for counts where it is longer") {
    Delivery asks = gone;
    asks.retry_after = seconds(5);
    Standing standing;
    REQUIRE(standing.missed(standing.round(), asks, seconds(1), start));
    CHECK(standing.not_before() == start + seconds(5));
    REQUIRE(standing.missed(standing.round(), asks, seconds(60), start));
    CHECK(standing.not_before() == start + seconds(60));
}

TEST_CASE("a call of a round that is over says nothing of the service") {
    Standing standing;
    const unsigned first = standing.round();
    REQUIRE(standing.missed(first, gone, seconds(1), start));
    CHECK_FALSE(standing.missed(first, gone, hours(1), start));
    CHECK(standing.misses() == 1);
    CHECK(standing.not_before() == start + seconds(1));
    CHECK_FALSE(standing.answered(first));
    CHECK(standing.state().away);
}

TEST_CASE("renewed, nothing is known of it, nor by calls that were begun before") {
    Standing standing;
    REQUIRE(standing.missed(standing.round(), gone, hours(1), start));
    const unsigned before = standing.round();
    standing.renew();
    CHECK_FALSE(standing.state().away);
    CHECK(standing.misses() == 0);
    CHECK(standing.may_be_called(start));
    CHECK_FALSE(standing.missed(before, gone, hours(1), start));
    CHECK(standing.may_be_called(start));
}

}  // namespace standing_test
