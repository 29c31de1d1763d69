// A TCP socket that is closed when its time is over, which ends whatever waits for it. Shared by the coroutine that
// calls out and its timer; its executor only, which runs one handler at a time.
#pragma once

#include "server/net/endpoint.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace gatehouse::net {

class PatientSocket : public std::enable_shared_from_this<PatientSocket> {
public:
    PatientSocket(const boost::asio::any_io_executor& executor, const Endpoint& server)
        : server_(server), socket_(executor), timer_(executor) {}

    /// Whom it is, or is to be, connected to.
    [[nodiscard]] const Endpoint& server() const { return server_; }
    [[nodiscard]] boost::asio::ip::tcp::socket& socket() { return socket_; }
    /// Whether its time was over.
    [[nodiscard]] bool expired() const { return expired_; }

    /// From now on it has until `when`.
    void end_at(std::chrono::steady_clock::time_point when) {
        timer_.expires_at(when);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            // It may have been given more time while this call was under way.
            if (error || !self || self->timer_.expiry() > std::chrono::steady_clock::now()) return;
            self->expired_ = true;
            self->close();
        });
    }

    void close() {
        boost::system::error_code ignored;  // it is of no use any more
        socket_.close(ignored);
    }

private:
    Endpoint server_;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    bool expired_ = false;
};
using PatientSocketPtr = std::shared_ptr<PatientSocket>;

}  // namespace gatehouse::net
