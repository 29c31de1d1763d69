// The coroutine of one connection: starts at once, destroys itself at its end, is resumed by whoever it waits for. One
// frame per connection (asio::awaitable would take two and more), so that an idle connection stays small. Runs on that
// connection's thread only.
#pragma once

#include <coroutine>
#include <exception>

namespace gatehouse::net {

struct Task {
    struct promise_type {
        Task get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        // Connections catch what their handlers throw; anything that comes here is a broken promise of our own.
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

/// How far a step came that may have to wait for the socket.
enum class Io {
    done,        ///< it is complete
    want_read,   ///< call it again when the socket is readable
    want_write,  ///< call it again when the socket is writable
    yield,       ///< call it again after the others had their turn
    closed,      ///< the connection is over
};

}  // namespace gatehouse::net
