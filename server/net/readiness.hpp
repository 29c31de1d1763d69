// Waiting for a socket, without a system call per wait. THE ONLY ROOM THAT KNOWS ASIO'S INTERNALS: Asio's public
// async_wait re-arms epoll at each wait (one epoll_ctl per request, measured at 6 to 12 % of a small GET); here the
// wait is queued at the reactor, whose edge-triggered registration is already there. Pinned to Boost 1.81 by an #error
// below. One per connection, a member of it; that worker's thread only.
#pragma once

#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/version.hpp>

#if BOOST_ASIO_VERSION != 102600
#error \
    "server/net/readiness uses internals of Asio 1.26 (Boost 1.81): read it against the new version before changing this"
#endif

namespace gatehouse::net {

enum class Direction { readable, writable };

class Readiness {
public:
    /// Called on the worker's thread when the socket became ready, hung up, or the wait was cancelled.
    using Wake = void (*)(void* context);

    /// Takes over the descriptor: it is closed with this object.
    Readiness(boost::asio::io_context& io, int descriptor);
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;
    /// No wait may be pending.
    ~Readiness();

    /// False where the kernel would not register the descriptor; nothing else may be called then.
    [[nodiscard]] bool registered() const { return registered_; }
    [[nodiscard]] int descriptor() const { return descriptor_; }

    /// Waits for the next edge, so the caller must have seen EAGAIN (or a short read) with no other wait since. One
    /// wait at a time. `wake` runs from the event loop, never from inside this call.
    void wait(Direction direction, Wake wake, void* context);
    /// Wakes a pending wait soon; does nothing where none is pending.
    void cancel();

private:
    using Reactor = boost::asio::detail::epoll_reactor;

    class Wait final : public boost::asio::detail::reactor_op {
    public:
        Wait();
        bool armed = false;
        Wake wake = nullptr;
        void* context = nullptr;

    private:
        static status perform_wait(boost::asio::detail::reactor_op* base);
        static void complete_wait(void* owner, boost::asio::detail::operation* base,
                                  const boost::system::error_code& error, std::size_t bytes);
    };

    Reactor& reactor_;
    Reactor::per_descriptor_data data_ = nullptr;
    int descriptor_;
    bool registered_;
    Wait wait_;
};

}  // namespace gatehouse::net
