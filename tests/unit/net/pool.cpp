#include "server/net/pool.hpp"

#include "tests/unit/net/loop.hpp"

#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace pool_test {

using namespace gatehouse;
using net::testing::Loop;

namespace asio = boost::asio;

namespace {

using Text = base::Result<std::string>;

// Work that waits until it is let go, and says when it has begun.
struct Held {
    std::promise<void> begun;
    std::promise<void> release;
    Text run() {
        begun.set_value();
        release.get_future().wait();
        return "released";
    }
};

template <class F>
asio::awaitable<Text> on_pool(net::Pool& pool, F work) {
    co_return co_await pool.run(std::move(work));
}

// Starts it and writes down what came of it.
template <class F>
void start(Loop& loop, net::Pool& pool, F work, Text& into, std::size_t& ended) {
    auto done = [&](const std::exception_ptr& error, Text text) {
        into = error ? Text("thrown") : std::move(text);
        ++ended;
    };
    asio::co_spawn(loop.io, on_pool(pool, std::move(work)), done);
}

}  // namespace

TEST_CASE("work runs on another thread and its coroutine goes on on its own") {
    Loop loop;
    net::Pool pool(2, 8);
    const auto own = std::this_thread::get_id();
    const auto both = [](net::Pool& its_pool) -> asio::awaitable<std::pair<std::thread::id, std::thread::id>> {
        const auto work = [] { return base::Result<std::thread::id>(std::this_thread::get_id()); };
        const auto worked_on = co_await its_pool.run(work);
        co_return std::pair(worked_on.value(), std::this_thread::get_id());
    };
    const auto [worked, resumed] = loop.await(both(pool));
    CHECK(worked != own);
    CHECK(resumed == own);
}

TEST_CASE("an error of the work is the result, an exception comes out where it is awaited") {
    Loop loop;
    net::Pool pool(1, 8);
    const auto failing = []() -> Text { return base::fail(base::ErrorKind::conflict, "taken", "It is taken."); };
    const Text failed = loop.await(on_pool(pool, failing));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == "taken");
    const auto throwing = []() -> Text { throw std::runtime_error("broken promise"); };
    CHECK_THROWS_WITH(loop.await(on_pool(pool, throwing)), "broken promise");
    auto move_only = [owned = std::make_unique<std::string>("moved")]() -> Text { return *owned; };
    CHECK(loop.await(on_pool(pool, std::move(move_only))) == Text("moved"));
}

TEST_CASE("beyond its queue the pool says at once that it is busy, and takes work again afterwards") {
    Loop loop;
    Held first;
    net::Pool pool(1, 1);
    Text results[3];
    std::size_t ended = 0;
    start(
        loop, pool, [&] { return first.run(); }, results[0], ended);
    const auto quick = []() -> Text { return "quick"; };
    start(loop, pool, quick, results[1], ended);
    start(loop, pool, quick, results[2], ended);
    loop.run_until([&] { return ended == 1; });
    first.begun.get_future().wait();
    REQUIRE_FALSE(results[2]);
    CHECK(results[2].error().kind == base::ErrorKind::unavailable);
    CHECK(results[2].error().code == "busy");
    first.release.set_value();
    loop.run_until([&] { return ended == 3; });
    CHECK(results[0] == Text("released"));
    CHECK(results[1] == Text("quick"));
    CHECK(loop.await(on_pool(pool, quick)) == Text("quick"));
}

TEST_CASE("what must follow something that was done is never turned away, however much waits") {
    Loop loop;
    Held first;
    net::Pool pool(1, 0);
    Text held;
    Text refused;
    Text kept;
    std::size_t ended = 0;
    start(
        loop, pool, [&] { return first.run(); }, held, ended);
    loop.io.poll();
    first.begun.get_future().wait();
    const auto quick = []() -> Text { return "quick"; };
    start(loop, pool, quick, refused, ended);
    const auto always = [](net::Pool& its_pool) -> asio::awaitable<Text> {
        co_return co_await its_pool.run([]() -> Text { return "kept"; }, net::Queueing::always);
    };
    asio::co_spawn(loop.io, always(pool), [&](const std::exception_ptr&, Text text) {
        kept = std::move(text);
        ++ended;
    });
    loop.run_until([&] { return ended == 1; });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "busy");
    first.release.set_value();
    loop.run_until([&] { return ended == 3; });
    CHECK(kept == Text("kept"));
}

TEST_CASE("the pool's end waits for work that runs and tells those whose work has not begun") {
    Loop loop;
    Held held;
    Text running;
    Text waiting;
    std::size_t ended = 0;
    std::atomic<bool> finished = false;
    auto pool = std::make_unique<net::Pool>(1, 8);
    const auto slow = [&]() -> Text {
        auto text = held.run();
        finished = true;
        return text;
    };
    start(loop, *pool, slow, running, ended);
    start(
        loop, *pool, []() -> Text { return "never"; }, waiting, ended);
    loop.io.poll();
    held.begun.get_future().wait();
    std::thread ending([&] { pool.reset(); });
    loop.run_until([&] { return ended == 1; });
    CHECK_FALSE(finished);
    held.release.set_value();
    ending.join();
    CHECK(finished);
    loop.run_until([&] { return ended == 2; });
    CHECK(running == Text("released"));
    REQUIRE_FALSE(waiting);
    CHECK(waiting.error().code == "stopping");
}

TEST_CASE("several loops share a pool, and each coroutine comes back to its own") {
    net::Pool pool(2, 1000);
    std::atomic<int> wrong = 0;
    std::atomic<int> right = 0;
    const auto many = [&](net::Pool& its_pool) -> asio::awaitable<int> {
        const auto own = std::this_thread::get_id();
        for (int i = 0; i < 200; ++i) {
            const auto work = [i] { return base::Result<int>(i); };
            const auto result = co_await its_pool.run(work);
            ++(result == base::Result<int>(i) && std::this_thread::get_id() == own ? right : wrong);
        }
        co_return 0;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            Loop loop;
            for (int k = 0; k < 4; ++k)
                asio::co_spawn(loop.io, many(pool), asio::detached);
            loop.io.run();
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(wrong == 0);
    CHECK(right == 3 * 4 * 200);
}

TEST_CASE("a loop that is destroyed after the pool takes its waiting coroutines with it") {
    Held held;
    auto kept = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = kept;
    {
        Loop loop;
        net::Pool pool(1, 8);
        Text result;
        std::size_t ended = 0;
        start(
            loop, pool, [&held, kept = std::move(kept)] { return held.run(); }, result, ended);
        loop.io.poll();
        held.begun.get_future().wait();
        held.release.set_value();
    }
    CHECK(watched.expired());
}

}  // namespace pool_test
