// Lets so many coroutines at a time through; the others wait in the order they came. Its owner's executor only.
#pragma once

#include "base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

namespace gatehouse::net {

class Turnstile {
public:
    /// The right to be inside, given back with this object; the turnstile must outlive it.
    class Pass {
    public:
        explicit Pass(Turnstile& turnstile) : turnstile_(&turnstile) {}
        Pass(Pass&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        ~Pass() {
            if (turnstile_ != nullptr) turnstile_->leave();
        }

    private:
        Turnstile* turnstile_;
    };

    /// At most `inside` coroutines at a time, and at most `waiting` before it.
    Turnstile(boost::asio::any_io_executor executor, std::size_t inside, std::size_t waiting);
    Turnstile(const Turnstile&) = delete;
    Turnstile& operator=(const Turnstile&) = delete;
    ~Turnstile();

    /// Waits for a place. Errors: unavailable/busy, at once where too many wait, or when none was free until `until` or
    /// until the coroutine was cancelled.
    [[nodiscard]] boost::asio::awaitable<base::Result<Pass>> enter(std::chrono::steady_clock::time_point until);

private:
    struct Place;
    void leave();

    boost::asio::any_io_executor executor_;
    const std::size_t most_inside_;
    const std::size_t most_waiting_;
    std::size_t inside_ = 0;
    std::deque<std::shared_ptr<Place>> waiting_;
};

}  // namespace gatehouse::net
