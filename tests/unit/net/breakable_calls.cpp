#include "server/net/breakable_calls.hpp"

#include "tests/unit/net/loop.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <catch2/catch.hpp>

#include <future>
#include <stdexcept>
#include <string>
#include <thread>

namespace breakable_calls_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
namespace asio = boost::asio;

namespace {

// Ends when it is broken off.
asio::awaitable<std::string> endless(std::thread::id& ran_on) {
    ran_on = std::this_thread::get_id();
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    co_return cancelled == asio::cancellation_type::none ? "went on" : "broken off";
}

asio::awaitable<std::string> prompt() {
    co_return "done";
}

asio::awaitable<std::string> throwing() {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    throw std::runtime_error("a broken promise");
}

// A loop on a thread of its own, on which calls live.
struct There {
    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> busy{io.get_executor()};
    std::thread thread{[this] { io.run(); }};
    There() = default;
    There(const There&) = delete;
    There& operator=(const There&) = delete;
    ~There() {
        busy.reset();
        thread.join();
    }
};

}  // namespace

TEST_CASE("a call that is broken off ends, and who waits for it on another loop hears what came of it") {
    There there;
    net::BreakableCalls calls(there.io.get_executor());
    Loop loop;
    CHECK(loop.await(calls.run(prompt())) == "done");
    CHECK_THROWS_AS(loop.await(calls.run(throwing())), std::runtime_error);

    std::thread::id ran_on;
    std::vector<std::string> ended;
    const auto wait = [](net::BreakableCalls& all, std::thread::id& where,
                         std::vector<std::string>& into) -> asio::awaitable<void> {
        auto running = all.run(endless(where));
        into.push_back(co_await std::move(running));
    };
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(loop.io, wait(calls, ran_on, ended), asio::detached);
    loop.io.restart();
    (void)loop.io.run_for(std::chrono::milliseconds(20));
    CHECK(ended.empty());
    // Again and again: one may not have begun yet.
    loop.run_until([&] {
        std::promise<void> broken;
        asio::post(there.io, [&] {
            calls.break_off();
            broken.set_value();
        });
        broken.get_future().wait();
        return ended.size() == 3;
    });
    CHECK(ended == std::vector<std::string>(3, "broken off"));
    CHECK(ran_on == there.thread.get_id());
}

TEST_CASE("calls under way outlive who could break them off, and go with their loop") {
    Loop loop;
    std::thread::id ran_on;
    {
        auto calls = std::make_unique<net::BreakableCalls>(loop.io.get_executor());
        asio::co_spawn(loop.io, calls->run(endless(ran_on)), asio::detached);
        loop.run_until([&] { return ran_on != std::thread::id(); });
    }
    loop.io.restart();
    (void)loop.io.run_for(std::chrono::milliseconds(5));
}

}  // namespace breakable_calls_test
