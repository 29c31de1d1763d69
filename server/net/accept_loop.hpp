// Accepts connections from one listening socket on one worker, and never dies: where the process or the machine runs
// out of descriptors or memory it waits a moment and goes on. Owned by server/workers; the worker's thread only.
#pragma once

#include "base/log.hpp"
#include "server/net/address.hpp"
#include "server/net/admission.hpp"
#include "server/net/listen.hpp"
#include "server/net/worker.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace gatehouse::net {

class AcceptLoop {
public:
    /// Takes over an accepted, admitted, non-blocking socket.
    using Accepted = std::function<void(int descriptor, const Address& peer)>;

    /// `name` is for the log.
    AcceptLoop(Worker& worker, Admission& admission, Admission::Door door, base::Log& log, base::Descriptor listening,
               std::string name, Accepted accepted);

    void start();
    /// No connection is accepted any more; the socket is closed.
    void stop();

private:
    void wait();
    void accept_some();
    void admit(int descriptor, const Address& peer);
    void back_off(int error);
    void complain(std::string_view event, const std::string& message);

    Admission& admission_;
    Admission::Door door_;
    base::Log& log_;
    boost::asio::posix::stream_descriptor listening_;
    boost::asio::steady_timer pause_;
    std::string name_;
    Accepted accepted_;
    bool stopped_ = false;
    std::chrono::steady_clock::time_point quiet_until_{};  // one complaint a minute is enough
};

}  // namespace gatehouse::net
