#include "records/throttle.hpp"

#include <catch2/catch.hpp>

namespace {

using gatehouse::records::Throttle;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Throttle::Moment start{hours(1000)};

void fail(Throttle& throttle, int times, std::string_view account = "ada", std::string_view address = "192.0.2.7") {
    for (int i = 0; i < times; ++i)
        throttle.failed(account, address, start);
}

}  // namespace

TEST_CASE("five failures are free, the following double the delay up to fifteen minutes") {
    Throttle throttle;
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(0));
    fail(throttle, 5);
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(0));
    for (const int expected : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}) {
        fail(throttle, 1);
        CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(expected));
    }
    fail(throttle, 1000);
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(900));
}

TEST_CASE("the delay runs from the last failure and is told in whole seconds, rounded up") {
    Throttle throttle;
    fail(throttle, 8);
    CHECK(throttle.wait("ada", "", start + milliseconds(1)) == seconds(4));
    CHECK(throttle.wait("ada", "", start + milliseconds(3001)) == seconds(1));
    CHECK(throttle.wait("ada", "", start + seconds(4)) == seconds(0));
    CHECK(throttle.wait("ada", "", start + hours(1)) == seconds(0));
}

TEST_CASE("an account waits from wherever, an address for whichever account, and others do not") {
    Throttle throttle;
    fail(throttle, 8);
    CHECK(throttle.wait("ADA", "198.51.100.1", start) == seconds(4));
    CHECK(throttle.wait("bob", "192.0.2.7", start) == seconds(4));
    CHECK(throttle.wait("bob", "198.51.100.1", start) == seconds(0));
    fail(throttle, 2, "bob", "192.0.2.7");
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(16));
    // An account is not taken for an address of the same text.
    CHECK(throttle.wait("192.0.2.7", "ada", start) == seconds(0));
}

TEST_CASE("a day without a failure forgets it all") {
    Throttle throttle;
    fail(throttle, 20);
    throttle.failed("ada", "192.0.2.7", start + hours(23));
    throttle.failed("ada", "192.0.2.7", start + hours(23) + hours(24));
    CHECK(throttle.wait("ada", "192.0.2.7", start + hours(47)) == seconds(0));
    fail(throttle, 1, "bob", "198.51.100.1");
    throttle.failed("carl", "198.51.100.2", start + hours(1000));
    CHECK(throttle.size() == 2);
}

TEST_CASE("success forgets the account, and of the address only what that account did") {
    Throttle throttle;
    fail(throttle, 7, "ada");
    fail(throttle, 8, "bob");
    throttle.succeeded("Ada", "192.0.2.7");
    CHECK(throttle.wait("ada", "", start) == seconds(0));
    CHECK(throttle.wait("bob", "", start) == seconds(4));
    CHECK(throttle.wait("", "192.0.2.7", start) == seconds(4));
    throttle.succeeded("bob", "192.0.2.7");
    CHECK(throttle.size() == 0);
    throttle.succeeded("nobody", "nowhere");
    CHECK(throttle.size() == 0);
}

TEST_CASE("what is forgiven an account still counts against the address") {
    Throttle throttle;
    fail(throttle, 8, "ada");
    throttle.forgive("ADA");
    CHECK(throttle.wait("ada", "", start) == seconds(0));
    CHECK(throttle.wait("", "192.0.2.7", start) == seconds(4));
}

TEST_CASE("attempts that are counted before they are judged do not all pass at once") {
    Throttle throttle;
    int passed = 0;
    for (int i = 0; i < 1000; ++i) {
        if (throttle.wait("ada", "192.0.2.7", start) > seconds(0)) continue;
        throttle.failed("ada", "192.0.2.7", start);
        ++passed;
    }
    CHECK(passed == 6);
}

TEST_CASE("memory is bounded, and the oldest is what is forgotten") {
    Throttle throttle;
    fail(throttle, 20, "first", "192.0.2.1");
    fail(throttle, 20, "second", "192.0.2.2");
    throttle.failed("first", "192.0.2.1", start + seconds(1));
    for (std::size_t i = 0; i < Throttle::most_entries - 1; ++i)
        throttle.failed("guess" + std::to_string(i), "net" + std::to_string(i), start + seconds(1));
    CHECK(throttle.size() == 10'000);
    CHECK(throttle.wait("first", "", start + seconds(1)) == seconds(900));
    CHECK(throttle.wait("", "192.0.2.1", start + seconds(1)) == seconds(900));
    CHECK(throttle.wait("second", "192.0.2.2", start + seconds(1)) == seconds(0));
}

TEST_CASE("endless names take no endless memory, and are one name where their beginnings are equal") {
    Throttle throttle;
    fail(throttle, 6, std::string(100'000, 'a'), std::string(100'000, '1'));
    CHECK(throttle.wait(std::string(64, 'a'), "", start) == seconds(1));
    CHECK(throttle.wait(std::string(63, 'a'), "", start) == seconds(0));
}
