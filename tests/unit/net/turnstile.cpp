#include "server/net/turnstile.hpp"

#include "tests/unit/net/loop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace turnstile_test {

using namespace gatehouse;
using net::Turnstile;
using net::testing::Loop;

namespace asio = boost::asio;

namespace {

using Time = std::chrono::steady_clock::time_point;
using Entered = base::Result<Turnstile::Pass>;

const Time some_day = std::chrono::steady_clock::now() + std::chrono::hours(1);

struct Visitor {
    std::optional<Entered> entered;
    asio::cancellation_signal cancel;

    // "waits", "inside", or the error's code.
    [[nodiscard]] std::string where() const {
        if (!entered) return "waits";
        return *entered ? "inside" : entered->error().code;
    }
    void leave() { entered.reset(); }
};

asio::awaitable<void> visit(Turnstile& turnstile, Time until, Visitor& visitor) {
    co_await asio::this_coro::throw_if_cancelled(false);
    Entered entered = co_await turnstile.enter(until);
    visitor.entered.emplace(std::move(entered));
}

// A turnstile and who comes to it.
struct Gate {
    Gate(std::size_t inside, std::size_t waiting) : turnstile(loop.io.get_executor(), inside, waiting) {}

    Visitor& arrive(Time until = some_day) {
        Visitor& visitor = visitors.emplace_back();
        asio::co_spawn(loop.io, visit(turnstile, until, visitor),
                       asio::bind_cancellation_slot(visitor.cancel.slot(), [](const std::exception_ptr&) {}));
        settle();
        return visitor;
    }
    void leave(Visitor& visitor) {
        visitor.leave();
        settle();
    }
    // Runs all that need not wait for anything.
    void settle() {
        loop.io.restart();
        loop.io.poll();
    }

    Loop loop;
    Turnstile turnstile;
    std::deque<Visitor> visitors;
};

}  // namespace

TEST_CASE("so many are let through at a time, and the others follow in the order they came as places become free") {
    Gate gate(2, 8);
    Visitor& one = gate.arrive();
    Visitor& two = gate.arrive();
    Visitor& three = gate.arrive();
    Visitor& four = gate.arrive();
    CHECK(one.where() == "inside");
    CHECK(two.where() == "inside");
    CHECK(three.where() == "waits");
    CHECK(four.where() == "waits");
    gate.leave(two);
    CHECK(three.where() == "inside");
    CHECK(four.where() == "waits");
    gate.leave(one);
    CHECK(four.where() == "inside");
    Visitor& five = gate.arrive();
    CHECK(five.where() == "waits");
    gate.leave(three);
    gate.leave(four);
    gate.leave(five);
    CHECK(gate.arrive().where() == "inside");
    CHECK(gate.arrive().where() == "inside");
    CHECK(gate.arrive().where() == "waits");
}

TEST_CASE("where too many wait the next one is told at once that it is busy, and takes nobody's place") {
    Gate gate(1, 1);
    Visitor& one = gate.arrive();
    Visitor& two = gate.arrive();
    Visitor& three = gate.arrive();
    REQUIRE(three.where() == "busy");
    CHECK(three.entered->error().kind == base::ErrorKind::unavailable);
    gate.leave(one);
    CHECK(two.where() == "inside");
    CHECK(gate.arrive().where() == "waits");
}

TEST_CASE("who finds no place until its time is told so, and those behind it wait on") {
    Gate gate(1, 2);
    Visitor& one = gate.arrive();
    Visitor& impatient = gate.arrive(std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
    Visitor& three = gate.arrive();
    gate.loop.run_until([&] { return impatient.entered.has_value(); });
    CHECK(impatient.where() == "busy");
    CHECK(three.where() == "waits");
    Visitor& four = gate.arrive();
    CHECK(four.where() == "waits");  // the place of the impatient one is free again
    gate.leave(one);
    CHECK(three.where() == "inside");
    gate.leave(three);
    CHECK(four.where() == "inside");
}

TEST_CASE("who is cancelled while it waits gives its place up") {
    Gate gate(1, 2);
    Visitor& one = gate.arrive();
    Visitor& cancelled = gate.arrive();
    Visitor& three = gate.arrive();
    cancelled.cancel.emit(asio::cancellation_type::terminal);
    gate.settle();
    CHECK(cancelled.where() == "busy");
    gate.leave(one);
    CHECK(three.where() == "inside");
}

TEST_CASE("who was called and is cancelled before it runs is inside, so that no place is lost") {
    Gate gate(1, 2);
    Visitor& one = gate.arrive();
    Visitor& two = gate.arrive();
    Visitor& three = gate.arrive();
    one.leave();
    two.cancel.emit(asio::cancellation_type::terminal);
    gate.settle();
    CHECK(two.where() == "inside");
    gate.leave(two);
    CHECK(three.where() == "inside");
}

TEST_CASE("a pass that moved is given back once") {
    Gate gate(1, 8);
    Visitor& one = gate.arrive();
    Visitor& two = gate.arrive();
    Visitor& three = gate.arrive();
    {
        const Turnstile::Pass moved(std::move(**one.entered));
        gate.leave(one);
        CHECK(two.where() == "waits");
    }
    gate.settle();
    CHECK(two.where() == "inside");
    CHECK(three.where() == "waits");
}

}  // namespace turnstile_test
