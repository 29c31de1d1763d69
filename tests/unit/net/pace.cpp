#include "server/net/pace.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace pace_test {

using gatehouse::net::Pace;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Pace::Moment start{std::chrono::hours(100)};

int taken(Pace& pace, const std::string& name, Pace::Moment now, int attempts = 100) {
    int count = 0;
    for (int i = 0; i < attempts; ++i)
        count += pace.take(name, now) ? 1 : 0;
    return count;
}

}  // namespace

TEST_CASE("so many are let through at once, then one each time the interval has passed") {
    Pace pace({.at_once = 60, .interval = seconds(1)});
    CHECK(taken(pace, "ada", start) == 60);
    CHECK(taken(pace, "ada", start + milliseconds(999)) == 0);
    CHECK(taken(pace, "ada", start + seconds(1)) == 1);
    CHECK(taken(pace, "ada", start + seconds(11)) == 10);
    CHECK(taken(pace, "ada", start + seconds(10'000)) == 60);
}

TEST_CASE("one who goes on without a pause takes nothing from another") {
    Pace pace({.at_once = 5, .interval = seconds(1)});
    CHECK(taken(pace, "ada", start) == 5);
    CHECK(taken(pace, "bob", start) == 5);
}

TEST_CASE("who was not let through is let through no later for it") {
    Pace pace({.at_once = 2, .interval = seconds(1)});
    CHECK(taken(pace, "ada", start, 1000) == 2);
    CHECK(pace.take("ada", start + seconds(1)));
}

TEST_CASE("those that rest are forgotten") {
    Pace pace({.at_once = 2, .interval = seconds(1)});
    for (int i = 0; i < 1000; ++i)
        CHECK(pace.take("name" + std::to_string(i), start));
    CHECK(pace.take("ada", start + seconds(10)));
    CHECK(pace.size() == 1);
}

}  // namespace pace_test
