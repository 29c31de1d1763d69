// Waits in a coroutine for something that another thread tells by calling back once. Any executor.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace gatehouse::net {

/// Calls `begin` with a function that is to be called once, on any thread, with the outcome; resumes on the caller's
/// executor.
template <class Outcome>
[[nodiscard]] boost::asio::awaitable<Outcome> awaited(std::function<void(std::function<void(Outcome)>)> begin) {
    auto initiate = [](auto handler, std::function<void(std::function<void(Outcome)>)>* start) {
        const auto executor = boost::asio::get_associated_executor(handler);
        // Shared, because a std::function can be copied and a handler cannot.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        (*start)([shared, executor](Outcome outcome) {
            boost::asio::post(executor,
                              [shared, outcome = std::move(outcome)]() mutable { (*shared)(std::move(outcome)); });
        });
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
        std::move(initiate), boost::asio::use_awaitable, &begin);
}

}  // namespace gatehouse::net
