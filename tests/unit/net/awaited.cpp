#include "server/net/awaited.hpp"

#include "tests/unit/net/loop.hpp"

#include <boost/asio/detached.hpp>

#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace awaited_test {

using namespace gatehouse;
using net::testing::Loop;

namespace asio = boost::asio;

namespace {

using Tell = std::function<void(std::string)>;
using Begin = std::function<void(Tell)>;

struct Heard {
    std::string text;
    std::thread::id on;
};

asio::awaitable<Heard> hear(Begin begin) {
    std::string text = co_await net::awaited<std::string>(std::move(begin));
    co_return Heard{std::move(text), std::this_thread::get_id()};
}

}  // namespace

TEST_CASE("what another thread tells is the outcome, and the coroutine goes on on its own thread") {
    Loop loop;
    std::thread other;
    const Begin begin = [&](Tell tell) { other = std::thread([tell = std::move(tell)] { tell("told"); }); };
    const Heard heard = loop.await(hear(begin));
    other.join();
    CHECK(heard.text == "told");
    CHECK(heard.on == std::this_thread::get_id());
}

TEST_CASE("what is told at once is the outcome as well") {
    Loop loop;
    CHECK(loop.await(hear([](const Tell& tell) { tell("at once"); })).text == "at once");
}

TEST_CASE("those who wait get what was told to each, in whatever order it is told") {
    Loop loop;
    Tell first;
    Tell second;
    std::optional<std::string> to_first;
    std::optional<std::string> to_second;
    const auto wait = [&](Tell& tell, std::optional<std::string>& told) {
        auto done = [&told](const std::exception_ptr& thrown, const Heard& heard) {
            if (!thrown) told = heard.text;
        };
        asio::co_spawn(loop.io, hear([&tell](Tell given) { tell = std::move(given); }), done);
    };
    wait(first, to_first);
    wait(second, to_second);
    loop.run_until([&] { return first && second; });
    second("two");
    loop.run_until([&] { return to_second.has_value(); });
    CHECK(to_second == "two");
    CHECK_FALSE(to_first);
    first("one");
    loop.run_until([&] { return to_first.has_value(); });
    CHECK(to_first == "one");
}

TEST_CASE("who tells does not run what waits: that comes later, on its executor") {
    Loop loop;
    bool heard = false;
    bool heard_while_telling = true;
    const Begin begin = [&](const Tell& tell) {
        asio::post(loop.io, [&, tell] {
            tell("now");
            heard_while_telling = heard;
        });
    };
    asio::co_spawn(loop.io, hear(begin), [&](const std::exception_ptr&, const Heard&) { heard = true; });
    loop.run_until([&] { return heard; });
    CHECK_FALSE(heard_while_telling);
}

}  // namespace awaited_test
