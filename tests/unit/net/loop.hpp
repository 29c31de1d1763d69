// Runs coroutines to their end on an event loop made like a worker's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace gatehouse::net::testing {

/// A loop of one thread's own, as server/net/worker has it.
struct Loop {
    boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};

    /// Runs the loop until `condition` holds; the test fails where it does not in a minute.
    template <class Condition>
    void run_until(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            io.restart();
            io.run_one_for(std::chrono::milliseconds(100));
        }
    }

    /// What the coroutine returns, or throws.
    template <class T>
    T await(boost::asio::awaitable<T> task) {
        std::optional<T> result;
        std::exception_ptr thrown;
        auto ended = [&](std::exception_ptr error, T value) {
            thrown = std::move(error);
            result.emplace(std::move(value));
        };
        boost::asio::co_spawn(io, std::move(task), ended);
        run_until([&] { return result.has_value(); });
        if (thrown) std::rethrow_exception(thrown);
        return std::move(*result);
    }
};

}  // namespace gatehouse::net::testing
