#include "gatehousectl/connection.hpp"

#include "base/advice.hpp"
#include "base/printable.hpp"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace gatehouse::gatehousectl {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view start_it =
    "Start it: systemctl start gatehouse. If it does not start, journalctl -u gatehouse says why, and gatehoused "
    "--check what is wrong with the configuration. If it runs with another configuration, name that with --config "
    "FILE, or its socket with --socket PATH.";

std::string place(const ConsoleSocket& socket) {
    return base::printable(socket.path.native()) + " (from " + base::printable(socket.named_by) + ")";
}

tl::unexpected<Failure> not_connected(const ConsoleSocket& socket, int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return unreachable("daemon_not_running",
                               "The daemon is not running: there is no socket " + place(socket) + ".",
                               std::string(start_it));
        case ECONNREFUSED:
            return unreachable("daemon_not_running",
                               "The daemon is not running: nobody answers at " + place(socket) + ".",
                               std::string(start_it));
        case EACCES:
        case EPERM:
            return unreachable(
                "daemon_denied",
                "The user " + base::user_name(::geteuid()) + " may not use the console at " + place(socket) + ".",
                "Run this as root.");
        case EPROTOTYPE:
            return unreachable("daemon_unknown", place(socket) + " is no console socket.",
                               "Name the daemon's console_socket with --socket PATH.");
        default:
            return unreachable("daemon_not_running",
                               "The daemon cannot be reached at " + place(socket) + ": " + base::words_of(error) + ".",
                               std::string(start_it));
    }
}

tl::unexpected<Failure> silent(const std::string& path, const Deadline& deadline) {
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(deadline.patience()).count();
    return unreachable(
        "daemon_silent",
        "The daemon at " + base::printable(path) + " has not answered within " + std::to_string(waited) + " seconds.",
        "Its log says what it does: journalctl -u gatehouse. If it hangs: systemctl restart gatehouse.");
}

tl::unexpected<Failure> broken(const std::string& path, int error) {
    return unreachable(
        "daemon_gone",
        "The connection to the daemon at " + base::printable(path) + " broke: " + base::words_of(error) + ".",
        "Its log says why: journalctl -u gatehouse.");
}

// What the socket is ready for; 0: the time is over.
int wait_for(int socket, int events, const Deadline& deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(deadline.at() - Clock::now()).count();
        pollfd watched{socket, static_cast<short>(events), 0};
        const int ready = ::poll(&watched, 1, left > 0 ? static_cast<int>(left) : 0);
        if (ready > 0) return watched.revents;
        if (ready == 0) return 0;
        if (errno != EINTR) return POLLERR;
    }
}

}  // namespace

Outcome<Connection> Connection::open(const ConsoleSocket& socket, milliseconds patience) {
    const std::string& path = socket.path.native();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return misused("No socket can have the path \"" + base::printable(path) + "\".",
                       "A path has 1 to " + std::to_string(sizeof(address.sun_path) - 1) + " bytes.");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const Deadline deadline(patience);
    for (;;) {
        base::Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!made) return not_connected(socket, errno);
        if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
            return Connection(std::move(made), path);
        }
        // EAGAIN: as many are waiting to be accepted as may; nothing tells when there is room again.
        const int error = errno;
        if (error != EAGAIN && error != EINTR) return not_connected(socket, error);
        if (Clock::now() >= deadline.at()) return silent(path, deadline);
        constexpr milliseconds pause{50};
        std::this_thread::sleep_for(pause);
    }
}

Outcome<bool> Connection::send(std::string_view bytes, const Deadline& deadline) {
    while (!bytes.empty()) {
        const int ready = wait_for(socket_.get(), POLLIN | POLLOUT, deadline);
        if (ready == 0) return silent(path_, deadline);
        if ((ready & POLLIN) != 0) return false;  // nobody answers before the end but to refuse
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
        if (sent < 0) return broken(path_, errno);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Connection::has_something(milliseconds within) const {
    return wait_for(socket_.get(), POLLIN, Deadline(within)) != 0;
}

Outcome<std::size_t> Connection::receive(std::span<char> out, const Deadline& deadline) {
    for (;;) {
        if (wait_for(socket_.get(), POLLIN, deadline) == 0) return silent(path_, deadline);
        const ssize_t count = ::recv(socket_.get(), out.data(), out.size(), 0);
        if (count >= 0) return static_cast<std::size_t>(count);
        // A reset is how a close looks where the daemon had not read all that was sent.
        if (errno == ECONNRESET) return std::size_t{0};
        if (errno != EINTR && errno != EAGAIN) return broken(path_, errno);
    }
}

}  // namespace gatehouse::gatehousectl
