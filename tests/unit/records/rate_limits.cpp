#include "records/rate_limits.hpp"

#include "records/organizations.hpp"
#include "tests/unit/records/people.hpp"

#include <atomic>
#include <thread>

namespace rate_limits_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::tests::add_user;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;
using gatehouse::tests::user_named;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Counter {
    Box box;
    Database database = box.open();
    std::int64_t ada = add_user(database, "ada");
    std::int64_t bo = add_user(database, "bo");
    std::int64_t home = user_named(database, "ada").organization_id;
    RateLimits limits{database};

    seconds take(std::int64_t who, Time now) {
        const auto wait = limits.take({who, home}, now);
        REQUIRE(wait);
        return *wait;
    }
};

}  // namespace

TEST_CASE("without limits any number is taken, and nothing is said to be available") {
    Counter counter;
    for (int i = 0; i < 10; ++i)
        CHECK(counter.take(counter.ada, new_year) == seconds(0));
    const auto state = counter.limits.of_user(counter.ada, new_year);
    REQUIRE(state);
    CHECK(state->limits.empty());
    CHECK_FALSE(state->available);
    CHECK(state->wait == seconds(0));
}

TEST_CASE("a window that is full opens when the oldest submission that fills it leaves it") {
    Counter counter;
    REQUIRE(counter.limits.set_of_user(counter.ada, {{2, minutes(60)}}));
    CHECK(counter.take(counter.ada, new_year) == seconds(0));
    CHECK(counter.take(counter.ada, new_year + minutes(10)) == seconds(0));
    CHECK(counter.take(counter.ada, new_year + minutes(20)) == minutes(40));
    CHECK(counter.take(counter.ada, new_year + minutes(60) - std::chrono::microseconds(1)) == seconds(1));
    CHECK(counter.take(counter.ada, new_year + minutes(60)) == seconds(0));
    CHECK(counter.take(counter.ada, new_year + minutes(60)) == minutes(10));
    const auto state = counter.limits.of_user(counter.ada, new_year + minutes(60));
    CHECK(state->wait == minutes(10));
    CHECK(state->available == 0);
    CHECK(counter.limits.of_user(counter.ada, new_year + minutes(70))->available == 1);
    CHECK(counter.limits.of_user(counter.ada, new_year + hours(5))->available == 2);
}

TEST_CASE("a refused submission is not counted") {
    Counter counter;
    REQUIRE(counter.limits.set_of_user(counter.ada, {{1, minutes(60)}}));
    CHECK(counter.take(counter.ada, new_year) == seconds(0));
    for (int i = 1; i < 60; ++i)
        CHECK(counter.take(counter.ada, new_year + minutes(i)) == minutes(60 - i));
    CHECK(counter.take(counter.ada, new_year + minutes(60)) == seconds(0));
}

TEST_CASE("of several limits each holds: the longest wait and the fewest available count") {
    Counter counter;
    REQUIRE(counter.limits.set_of_user(counter.ada, {{3, minutes(1440)}, {1, minutes(1)}}));
    CHECK(counter.take(counter.ada, new_year) == seconds(0));
    CHECK(counter.take(counter.ada, new_year) == minutes(1));
    CHECK(counter.limits.of_user(counter.ada, new_year)->available == 0);
    CHECK(counter.take(counter.ada, new_year + minutes(1)) == seconds(0));
    CHECK(counter.limits.of_user(counter.ada, new_year + minutes(2))->available == 1);
    CHECK(counter.take(counter.ada, new_year + minutes(2)) == seconds(0));
    CHECK(counter.take(counter.ada, new_year + minutes(3)) == minutes(1437));
}

TEST_CASE("all users of an organization share its limit, also one that was removed") {
    Counter counter;
    REQUIRE(counter.limits.set_of_organization(counter.home, {{2, minutes(60)}}));
    CHECK(counter.take(counter.ada, new_year) == seconds(0));
    CHECK(counter.take(counter.bo, new_year) == seconds(0));
    CHECK(counter.take(counter.ada, new_year) == minutes(60));
    CHECK(counter.limits.of_organization(counter.home, new_year)->available == 0);
    CHECK_FALSE(counter.limits.of_user(counter.ada, new_year)->available);
    REQUIRE(Users(counter.database).remove("bo"));
    CHECK(counter.take(counter.ada, new_year) == minutes(60));
    REQUIRE(counter.limits.set_of_user(counter.ada, {{5, minutes(60)}}));
    CHECK(counter.limits.of_user(counter.ada, new_year)->available == 4);
    CHECK(counter.limits.of_user(counter.ada, new_year)->wait == seconds(0));
}

TEST_CASE("a limit that comes later counts what was submitted before") {
    Counter counter;
    for (int i = 0; i < 3; ++i)
        counter.take(counter.ada, new_year);
    REQUIRE(counter.limits.set_of_user(counter.ada, {{3, minutes(60)}}));
    CHECK(counter.take(counter.ada, new_year + minutes(1)) == minutes(59));
    REQUIRE(counter.limits.set_of_user(counter.ada, {}));
    CHECK(counter.take(counter.ada, new_year + minutes(1)) == seconds(0));
}

TEST_CASE("a limit of no samples takes none") {
    Counter counter;
    REQUIRE(counter.limits.set_of_user(counter.ada, {{0, minutes(30)}}));
    CHECK(counter.take(counter.ada, new_year) == minutes(30));
    CHECK(counter.limits.of_user(counter.ada, new_year)->available == 0);
    CHECK(counter.take(counter.bo, new_year) == seconds(0));
}

TEST_CASE("limits are kept as they were set, and out of their bounds refused") {
    Counter counter;
    const SubmissionLimits wanted{{0, minutes(1)}, {1'000'000, minutes(44'640)}, {5, minutes(60)}};
    REQUIRE(counter.limits.set_of_user(counter.ada, wanted));
    CHECK(counter.limits.of_user(counter.ada, new_year)->limits == wanted);
    for (const SubmissionLimits& wrong :
         {SubmissionLimits{{-1, minutes(1)}}, SubmissionLimits{{1'000'001, minutes(1)}},
          SubmissionLimits{{1, minutes(0)}}, SubmissionLimits{{1, minutes(44'641)}},
          SubmissionLimits{{1, minutes(1)}, {1, minutes(-5)}}, SubmissionLimits(9, RateLimit{1, minutes(1)})}) {
        const auto error = error_of(counter.limits.set_of_user(counter.ada, wrong));
        CHECK(error.kind == ErrorKind::input);
        CHECK(error.code == "rate_limit_invalid");
        CHECK(error_of(counter.limits.set_of_organization(counter.home, wrong)).code == "rate_limit_invalid");
    }
    CHECK(counter.limits.of_user(counter.ada, new_year)->limits == wanted);
    CHECK(counter.limits.of_organization(counter.home, new_year)->limits.empty());
}

TEST_CASE("who is not there has no limits") {
    Counter counter;
    CHECK(error_of(counter.limits.set_of_user(99, {})).code == "no_user");
    CHECK(error_of(counter.limits.of_user(99, new_year)).code == "no_user");
    CHECK(error_of(counter.limits.set_of_organization(99, {})).code == "no_organization");
    CHECK(error_of(counter.limits.of_organization(99, new_year)).code == "no_organization");
    CHECK(error_of(counter.limits.take({99, counter.home}, new_year)).code == "no_user");
    CHECK(error_of(counter.limits.take({counter.ada, 99}, new_year)).code == "no_organization");
}

TEST_CASE("what is rolled back was not counted") {
    Counter counter;
    REQUIRE(counter.limits.set_of_user(counter.ada, {{1, minutes(60)}}));
    {
        const auto transaction = Transaction::begin(counter.database);
        REQUIRE(transaction);
        CHECK(counter.take(counter.ada, new_year) == seconds(0));
    }
    CHECK(counter.limits.of_user(counter.ada, new_year)->available == 1);
    CHECK(counter.take(counter.ada, new_year) == seconds(0));
}

TEST_CASE("the count survives a restart") {
    Box box;
    std::int64_t ada = 0;
    std::int64_t home = 0;
    {
        auto database = box.open();
        ada = add_user(database, "ada");
        home = user_named(database, "ada").organization_id;
        REQUIRE(RateLimits(database).set_of_user(ada, {{1, minutes(60)}}));
        REQUIRE(RateLimits(database).take({ada, home}, new_year));
    }
    auto database = box.open();
    CHECK(RateLimits(database).take({ada, home}, new_year + minutes(1)).value() == minutes(59));
}

TEST_CASE("of many submissions at the same moment exactly as many are taken as the limits allow") {
    Box box;
    std::int64_t ada = 0;
    std::int64_t home = 0;
    {
        auto database = box.open();
        ada = add_user(database, "ada");
        home = user_named(database, "ada").organization_id;
        REQUIRE(RateLimits(database).set_of_user(ada, {{25, minutes(60)}}));
    }
    std::atomic<int> taken{0};
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            auto database = open_records(box.file, {.busy_timeout = minutes(1)});
            for (int n = 0; database && n < 10; ++n) {
                // Each thread's clock a little off.
                const auto wait = RateLimits(*database).take({ada, home}, new_year + std::chrono::milliseconds(i * 7));
                if (!wait) ++failed;
                if (wait && *wait == seconds(0)) ++taken;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(failed == 0);
    CHECK(taken == 25);
}

TEST_CASE("a clock that is set back does not block for as long as it was ahead") {
    Counter counter;
    REQUIRE(counter.limits.set_of_user(counter.ada, {{1, minutes(60)}}));
    CHECK(counter.take(counter.ada, new_year + days(365)) == seconds(0));
    CHECK(counter.take(counter.ada, new_year) == seconds(0));
    CHECK(counter.take(counter.ada, new_year - minutes(1)) == minutes(61));  // a little ahead still counts
}

TEST_CASE("times are forgotten when no window reaches back to them") {
    Counter counter;
    REQUIRE(counter.limits.set_of_user(counter.ada, {{1, RateLimits::longest_window}}));
    CHECK(counter.take(counter.ada, new_year) == seconds(0));
    CHECK(counter.limits.expire(new_year + days(31) - seconds(1)) == 0);
    CHECK(counter.take(counter.ada, new_year + days(31) - seconds(1)) == seconds(1));
    CHECK(counter.limits.expire(new_year + days(31)) == 1);
    CHECK(counter.limits.expire(new_year + days(31)) == 0);
}

}  // namespace rate_limits_test
