#include "server/net/accept_loop.hpp"

#include "base/advice.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace gatehouse::net {

namespace {

constexpr int accepted_in_a_row = 64;  // then the connections that are there have their turn
constexpr std::chrono::milliseconds pause_when_exhausted{200};
constexpr std::chrono::minutes between_complaints{1};

// The process or the machine has none left of what a connection takes.
bool is_exhausted(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

AcceptLoop::AcceptLoop(Worker& worker, Admission& admission, Admission::Door door, base::Log& log,
                       base::Descriptor listening, std::string name, Accepted accepted)
    : admission_(admission),
      door_(door),
      log_(log),
      listening_(worker.io(), listening.release()),
      pause_(worker.io()),
      name_(std::move(name)),
      accepted_(std::move(accepted)) {}

void AcceptLoop::start() {
    wait();
}

void AcceptLoop::stop() {
    stopped_ = true;
    boost::system::error_code ignored;  // closing a socket that listens has nothing to lose
    listening_.close(ignored);
    pause_.cancel();
}

void AcceptLoop::wait() {
    if (stopped_) return;
    listening_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this](const boost::system::error_code& error) {
                              if (!error) accept_some();
                          });
}

void AcceptLoop::accept_some() {
    if (stopped_) return;  // since this was put into the queue
    int failed = 0;
    int error = 0;
    for (int i = 0; i < accepted_in_a_row; ++i) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const int descriptor = ::accept4(listening_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            admit(descriptor, Address::of(from));
        } else if (errno == EAGAIN) {
            break;
        } else if (is_exhausted(errno)) {
            return back_off(errno);
        } else {  // it concerns the one connection that is gone already (accept(2), "Error handling")
            error = errno;
            ++failed;
        }
    }
    // Or the socket itself, which somebody else may have shut down: that would be told again at once, without end.
    if (failed == accepted_in_a_row) return back_off(error);
    wait();
}

void AcceptLoop::admit(int descriptor, const Address& peer) {
    switch (admission_.enter(peer, door_)) {
        case Admission::Verdict::admitted:
            accepted_(descriptor, peer);
            return;
        case Admission::Verdict::too_many:
            complain("connections.limit",
                     "The limit of connections (limits.connections) is reached; new ones are closed.");
            break;
        case Admission::Verdict::too_many_of_address:
            complain("connections.limit",
                     peer.text() + " has reached limits.connections_per_address; its new ones are closed.");
            break;
    }
    ::close(descriptor);
}

void AcceptLoop::back_off(int error) {
    complain("connections.exhausted",
             "Connections wait to be accepted: " + base::words_of(error) + "." +
                 (is_exhausted(error) ? " Raise the limit of open files (LimitNOFILE=)." : ""));
    pause_.expires_after(pause_when_exhausted);
    pause_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) accept_some();
    });
}

void AcceptLoop::complain(std::string_view event, const std::string& message) {
    const auto now = std::chrono::steady_clock::now();
    if (now < quiet_until_) return;
    quiet_until_ = now + between_complaints;
    log_.warning(event, message, {{"interface", name_}});
}

}  // namespace gatehouse::net
