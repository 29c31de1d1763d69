// Two ends of a connection, for tests that sit at both of them, and waiting for what another thread does. Sockets close
// themselves; a read that gets nothing for half a minute fails, so that a test ends whatever the server does.
#pragma once

#include "base/descriptor.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>

namespace gatehouse::tests {

inline constexpr std::chrono::seconds patience{30};

/// Waits for what another thread brings about; false where it did not come.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

struct Wire {
    base::Descriptor client;  ///< blocks, but not for ever
    base::Descriptor server;  ///< does not block
};

inline void require(bool succeeded, const char* what) {
    if (!succeeded) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

inline void be_patient(const base::Descriptor& socket) {
    const timeval limit{patience.count(), 0};
    require(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0, "SO_RCVTIMEO");
    require(::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0, "SO_SNDTIMEO");
}

/// What one end sends is at the other when the call returns: for tests that play both ends on one thread.
inline Wire local_wire() {
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0, "socketpair");
    return {base::Descriptor(ends[0]), base::Descriptor(ends[1])};
}

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A socket that listens on a port of its own on 127.0.0.1; it does not block.
inline base::Descriptor listening_socket() {
    base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_in any = loopback(0);
    require(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0, "bind");
    require(::listen(socket.get(), 4096) == 0, "listen");
    return socket;
}

inline std::uint16_t port_of(const base::Descriptor& socket) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    require(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0, "getsockname");
    return ntohs(own.sin_port);
}

/// Connected when it returns: the kernel accepts for the server.
inline base::Descriptor connect_to(std::uint16_t port) {
    base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in to = loopback(port);
    require(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "connect");
    const int at_once = 1;
    require(::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) == 0, "TCP_NODELAY");
    be_patient(socket);
    return socket;
}

/// Both ends of a TCP connection over loopback, with all that TCP does when an end is closed.
inline Wire tcp_wire() {
    const base::Descriptor listener = listening_socket();
    Wire wire;
    wire.client = connect_to(port_of(listener));
    wire.server = base::Descriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    require(wire.server.get() >= 0, "accept4");
    return wire;
}

/// How a connection was found when it was read from.
enum class End {
    open,      ///< nothing of the kind yet
    goodbye,   ///< TLS close_notify
    hung_up,   ///< end of file without it
    reset,     ///< the kernel threw it away
    broken,    ///< an alert, or bytes that are no TLS
    no_answer  ///< nothing came for half a minute, or (on a socket that does not block) nothing is there yet
};

/// Sends all of it; false where the other end takes no more.
[[nodiscard]] inline bool send_all(const base::Descriptor& socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// Appends what is there to `into`. `open` where something was.
[[nodiscard]] inline End receive_some(const base::Descriptor& socket, std::string& into) {
    std::array<char, 64 * 1024> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    for (;;) {
        const ssize_t got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN ? End::no_answer : End::reset;
        if (got == 0) return End::hung_up;
        into.append(bytes.data(), static_cast<std::size_t>(got));
        return End::open;
    }
}

}  // namespace gatehouse::tests
