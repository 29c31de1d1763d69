#include "records/throttle.hpp"

#include <catch2/catch.hpp>

namespace throttle_test {
namespace {

using gatehouse::records::Throttle;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Throttle::Moment start{hours(1000)};

void fail(Throttle& throttle, int times, std::string_view account = "ada", std::string_view network = "192.0.2.7") {
    for (int i = 0; i < times; ++i)
        throttle.failed(account, network, start);
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
        CHECK(throttle.wait("somebody", "192.0.2.7", start) == seconds(expected));
    }
    fail(throttle, 1000);
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(900));
}

TEST_CASE("the delay runs from the last failure and is told in whole seconds, rounded up") {
    Throttle throttle;
    fail(throttle, 8);
    CHECK(throttle.wait("ada", "192.0.2.7", start + milliseconds(1)) == seconds(4));
    CHECK(throttle.wait("ada", "192.0.2.7", start + milliseconds(3001)) == seconds(1));
    CHECK(throttle.wait("ada", "192.0.2.7", start + seconds(4)) == seconds(0));
    CHECK(throttle.wait("ada", "192.0.2.7", start + hours(1)) == seconds(0));
}

TEST_CASE("an account waits a few seconds from elsewhere, however often it was guessed at") {
    Throttle throttle;
    fail(throttle, 7);
    CHECK(throttle.wait("ADA", "198.51.100.1", start) == seconds(2));
    for (const int failures : {1, 1, 1, 1000}) {
        fail(throttle, failures);
        CHECK(throttle.wait("ADA", "198.51.100.1", start) <= seconds(5));
    }
    CHECK(throttle.wait("ada", "198.51.100.1", start) == seconds(5));
    CHECK(throttle.wait("bob", "198.51.100.1", start) == seconds(0));
}

TEST_CASE("guesses at one account from ever other networks wait for each other") {
    Throttle throttle;
    for (int i = 0; i < 20; ++i)
        throttle.failed("ada", "network " + std::to_string(i), start);
    CHECK(throttle.wait("ada", "yet another", start) == seconds(5));
    CHECK(throttle.wait("bob", "yet another", start) == seconds(0));
}

TEST_CASE("a network waits for whichever account, and others do not") {
    Throttle throttle;
    fail(throttle, 8);
    CHECK(throttle.wait("bob", "192.0.2.7", start) == seconds(4));
    CHECK(throttle.wait("bob", "198.51.100.1", start) == seconds(0));
    fail(throttle, 2, "bob", "192.0.2.7");
    CHECK(throttle.wait("carl", "192.0.2.7", start) == seconds(16));
    // An account is not taken for a network of the same text.
    CHECK(throttle.wait("192.0.2.7", "ada", start) == seconds(0));
}

TEST_CASE("where the account signed in during the last day it does not wait for what others guess elsewhere") {
    Throttle throttle;
    throttle.succeeded("Ada", "198.51.100.1", start);
    fail(throttle, 100);
    CHECK(throttle.wait("ada", "198.51.100.1", start) == seconds(0));
    CHECK(throttle.wait("ada", "198.51.100.2", start) == seconds(5));
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(900));
    throttle.failed("ada", "192.0.2.7", start + hours(24));
    CHECK(throttle.wait("ada", "198.51.100.1", start + hours(24) - milliseconds(1)) == seconds(0));
    CHECK(throttle.wait("ada", "198.51.100.1", start + hours(24)) == seconds(0));
    for (int i = 0; i < 9; ++i)
        throttle.failed("ada", "192.0.2.7", start + hours(24));
    CHECK(throttle.wait("ada", "198.51.100.1", start + hours(24)) == seconds(5));
}

TEST_CASE("guessing in a network where the account signed in waits as everywhere") {
    Throttle throttle;
    throttle.succeeded("ada", "192.0.2.7", start);
    fail(throttle, 10);
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(16));
}

TEST_CASE("a day without a failure forgets it all") {
    Throttle throttle;
    fail(throttle, 20);
    throttle.failed("ada", "192.0.2.7", start + hours(23));
    throttle.failed("ada", "192.0.2.7", start + hours(23) + hours(24));
    CHECK(throttle.wait("ada", "192.0.2.7", start + hours(47)) == seconds(0));
    fail(throttle, 1, "bob", "198.51.100.1");
    throttle.failed("carl", "198.51.100.2", start + hours(1000));
    CHECK(throttle.size() == 3);
}

TEST_CASE("success forgets what the account failed from there, and nothing else") {
    Throttle throttle;
    fail(throttle, 7, "ada");
    fail(throttle, 8, "bob");
    fail(throttle, 8, "ada", "198.51.100.1");
    throttle.succeeded("Ada", "192.0.2.7", start);
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(4));  // bob's
    CHECK(throttle.wait("bob", "", start) == seconds(4));
    CHECK(throttle.wait("ada", "", start) == seconds(4));
    CHECK(throttle.wait("ada", "198.51.100.1", start) == seconds(4));
    throttle.succeeded("bob", "192.0.2.7", start);
    throttle.succeeded("ada", "198.51.100.1", start);
    CHECK(throttle.size() == 0);
    throttle.succeeded("nobody", "nowhere", start);
    CHECK(throttle.size() == 0);
}

TEST_CASE("what is forgiven an account still counts against the network") {
    Throttle throttle;
    fail(throttle, 8, "ada");
    fail(throttle, 8, "ad");
    throttle.forgive("ADA");
    CHECK(throttle.wait("ada", "", start) == seconds(0));
    CHECK(throttle.wait("", "192.0.2.7", start) == seconds(900));
    CHECK(throttle.wait("ad", "", start) == seconds(4));
    throttle.forgive("ad");
    CHECK(throttle.size() == 1);
}

TEST_CASE("an attempt that could not be judged is taken back") {
    Throttle throttle;
    fail(throttle, 6);
    throttle.take_back("ada", "192.0.2.7");
    CHECK(throttle.wait("ada", "192.0.2.7", start) == seconds(0));
    for (int i = 0; i < 5; ++i)
        throttle.take_back("Ada", "192.0.2.7");
    CHECK(throttle.size() == 0);
    throttle.take_back("ada", "192.0.2.7");
    CHECK(throttle.size() == 0);
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

TEST_CASE("memory is bounded, and a flood of made-up names does not wash away who is guessed at") {
    Throttle throttle;
    fail(throttle, 20, "guessed", "192.0.2.1");
    fail(throttle, 1, "once", "192.0.2.2");
    for (std::size_t i = 0; i < Throttle::most_entries + 500; ++i)
        throttle.failed("bogus" + std::to_string(i), "net" + std::to_string(i), start + seconds(1));
    CHECK(throttle.size() == 3 * Throttle::most_entries);
    CHECK(throttle.wait("guessed", "192.0.2.1", start + seconds(1)) == seconds(899));
    CHECK(throttle.wait("guessed", "", start + seconds(1)) == seconds(4));
    CHECK(throttle.wait("", "192.0.2.1", start + seconds(1)) == seconds(899));
    for (int i = 0; i < 5; ++i)
        throttle.failed("once", "192.0.2.2", start + seconds(1));
    CHECK(throttle.wait("once", "192.0.2.2", start + seconds(1)) == seconds(0));  // the oldest of the rarest had gone
}

TEST_CASE("of those that failed equally often the oldest is forgotten first") {
    Throttle throttle;
    fail(throttle, 6, "first", "192.0.2.1");
    fail(throttle, 6, "second", "192.0.2.2");
    for (std::size_t i = 0; i < Throttle::most_entries - 2; ++i)
        fail(throttle, 6, "other" + std::to_string(i), "net" + std::to_string(i));
    fail(throttle, 6, "last", "192.0.2.3");
    CHECK(throttle.wait("first", "192.0.2.1", start) == seconds(0));
    CHECK(throttle.wait("second", "192.0.2.2", start) == seconds(1));
    CHECK(throttle.wait("last", "192.0.2.3", start) == seconds(1));
}

TEST_CASE("networks where accounts signed in are remembered in bounded number, the latest ones") {
    Throttle throttle;
    for (std::size_t i = 0; i <= Throttle::most_entries; ++i)
        throttle.succeeded("ada", "net" + std::to_string(i), start + milliseconds(i));
    fail(throttle, 100);
    CHECK(throttle.wait("ada", "net0", start) == seconds(5));
    CHECK(throttle.wait("ada", "net1", start) == seconds(0));
    CHECK(throttle.wait("ada", "net" + std::to_string(Throttle::most_entries), start) == seconds(0));
}

TEST_CASE("endless names take no endless memory, and are one name where their beginnings are equal") {
    Throttle throttle;
    fail(throttle, 6, std::string(100'000, 'a'), std::string(100'000, '1'));
    CHECK(throttle.wait(std::string(64, 'a'), "", start) == seconds(1));
    CHECK(throttle.wait(std::string(63, 'a'), "", start) == seconds(0));
}

TEST_CASE("a name made to look like another's pair with a network is not taken for it") {
    Throttle throttle;
    fail(throttle, 8, "ada", "net");
    throttle.forgive("a");
    throttle.forgive("3:ada@net");
    CHECK(throttle.wait("ada", "net", start) == seconds(4));
}

}  // namespace throttle_test
