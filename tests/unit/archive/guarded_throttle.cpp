#include "server/archive/guarded_throttle.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace guarded_throttle_test {

using namespace gatehouse;
using archive::GuardedThrottle;

namespace {

// How many attempts may go on before one has to wait. A delay may have passed meanwhile where the machine is slow, but
// not many, since each is twice the one before.
int free_attempts(GuardedThrottle& throttle, const char* account, const char* network) {
    int free = 0;
    while (free < 100 && throttle.begin(account, network).count() == 0)
        ++free;
    return free;
}

constexpr int least_free = records::Throttle::free_failures;
constexpr int most_free = 2 * least_free;

}  // namespace

TEST_CASE("an attempt counts as failed as soon as it begins, so that a few at once are all that is free") {
    GuardedThrottle throttle;
    const int free = free_attempts(throttle, "ada", "192.0.2.0");
    CHECK(free >= least_free);
    CHECK(free <= most_free);
}

TEST_CASE("of a crowd that comes at the same moment no more are let through than one after the other") {
    GuardedThrottle throttle;
    std::atomic<int> free = 0;
    {
        std::vector<std::jthread> crowd;
        for (int i = 0; i < 8; ++i) {
            crowd.emplace_back([&] {
                for (int j = 0; j < 50; ++j)
                    free += throttle.begin("ada", "192.0.2.0").count() == 0 ? 1 : 0;
            });
        }
    }
    CHECK(free >= least_free);
    CHECK(free <= most_free);
}

TEST_CASE("what succeeds, or could not be judged, has not failed") {
    GuardedThrottle throttle;
    for (int i = 0; i < 4 * most_free; ++i) {
        REQUIRE(throttle.begin("ada", "192.0.2.0").count() == 0);
        if (i % 2 == 0) {
            throttle.succeeded("ada", "192.0.2.0");
        } else {
            throttle.take_back("ada", "192.0.2.0");
        }
    }
    CHECK(free_attempts(throttle, "bob", "192.0.2.0") >= least_free);
}

TEST_CASE("an account that failed from many places is slow from everywhere, until it is forgiven") {
    GuardedThrottle throttle;
    for (const char* network : {"192.0.2.0", "198.51.100.0"})
        (void)free_attempts(throttle, "ada", network);
    CHECK(free_attempts(throttle, "ada", "203.0.113.0") < least_free);
    throttle.forgive("ada");
    CHECK(free_attempts(throttle, "ada", "233.252.0.0") >= least_free);
}

TEST_CASE("who only asks how long to wait is not counted, and who failed is") {
    GuardedThrottle throttle;
    for (int i = 0; i < 4 * most_free; ++i)
        CHECK(throttle.wait("ada", "192.0.2.0").count() == 0);
    for (int i = 0; i < 4 * most_free; ++i)
        throttle.failed("ada", "192.0.2.0");
    CHECK(throttle.wait("ada", "192.0.2.0").count() > 0);
}

}  // namespace guarded_throttle_test
