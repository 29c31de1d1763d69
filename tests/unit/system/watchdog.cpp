#include "server/system/watchdog.hpp"

#include "tests/unit/system/surroundings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <array>

namespace watchdog_test {

using namespace gatehouse;
using namespace std::chrono_literals;
using boost::asio::io_context;

namespace {

// Loops that turn only when the test says so: nothing here depends on how fast the machine is.
struct House {
    tests::NotifySocket systemd;
    tests::CapturedErrors errors;
    base::Log log;
    system::Notify notify{log};
    io_context own;
    std::array<io_context, 2> workers;

    system::Watchdog watchdog(std::chrono::microseconds interval) {
        return {own.get_executor(), {workers[0].get_executor(), workers[1].get_executor()}, notify, log, interval};
    }
    void turn(io_context& loop) {
        loop.restart();
        loop.poll();
    }
    void turn_all() {
        for (io_context& worker : workers)
            turn(worker);
        turn(own);
    }
};

}  // namespace

TEST_CASE("the watchdog is fed when every worker's loop has turned") {
    House house;
    const auto watchdog = house.watchdog(1h);
    CHECK(house.systemd.received().empty());
    house.turn_all();
    CHECK(house.systemd.received() == "WATCHDOG=1");
}

TEST_CASE("the watchdog is not fed while one worker's loop stands still, and is again when it goes on") {
    House house;
    const auto watchdog = house.watchdog(2ms);
    house.turn(house.workers[0]);
    house.turn(house.own);
    house.own.restart();
    house.own.run_one();  // the next round is due, and can't begin
    house.turn(house.workers[0]);
    house.turn(house.own);
    CHECK(house.systemd.received().empty());
    CHECK(house.errors.text().find("workers=1") != std::string::npos);
    house.turn(house.workers[1]);
    house.turn(house.own);
    CHECK(house.systemd.received() == "WATCHDOG=1");
}

TEST_CASE("the watchdog is fed again in every round, once in each") {
    House house;
    const auto watchdog = house.watchdog(2ms);
    for (int round = 0; round < 3; ++round) {
        house.turn_all();
        CHECK(house.systemd.received() == "WATCHDOG=1");
        CHECK(house.systemd.received().empty());
        house.own.restart();
        house.own.run_one();  // waits for the timer, which begins the next round
    }
}

TEST_CASE("a worker that answers after the watchdog is gone does no harm") {
    House house;
    { const auto watchdog = house.watchdog(1h); }
    house.turn_all();
    CHECK(house.systemd.received().empty());
}

}  // namespace watchdog_test
