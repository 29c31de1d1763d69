#include "server/net/listen.hpp"

#include "base/advice.hpp"
#include "server/net/port_owner.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace gatehouse::net {

namespace {

constexpr int backlog = 4096;  // the kernel cuts it to net.core.somaxconn

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] int family() const { return storage.ss_family; }
};

SocketAddress ipv4(const in_addr& host, std::uint16_t port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr = host;
    v4.sin_port = htons(port);
    SocketAddress address;
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
    return address;
}

SocketAddress ipv6(const in6_addr& host, std::uint16_t port) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = host;
    v6.sin6_port = htons(port);
    SocketAddress address;
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
    return address;
}

base::Result<SocketAddress> resolve(const config::ListenAddress& address) {
    in_addr v4{};
    if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return ipv4(v4, address.port);
    in6_addr v6{};
    if (inet_pton(AF_INET6, address.host.c_str(), &v6) == 1) return ipv6(v6, address.port);
    return base::fail(base::ErrorKind::input, "configuration_invalid",
                      address.text() + " is not an IP address and port.");
}

base::Error failure(const config::ListenAddress& address, int error) {
    const std::string reason = base::words_of(error);
    if (error == EADDRINUSE) {
        const std::string owner = port_owner(address.port);
        return {base::ErrorKind::unavailable, "address_in_use",
                address.text() + " is taken" + (owner.empty() ? std::string(".") : " by " + owner + "."),
                "Stop that program, or change \"listen\" in the configuration."};
    }
    if (error == EACCES || error == EPERM) {
        return {base::ErrorKind::denied, "address_denied", "Listening on " + address.text() + " is not permitted.",
                "Ports below 1024 need root, CAP_NET_BIND_SERVICE or sockets passed by systemd. The right comes with a "
                "drop-in for the unit: /usr/share/gatehouse/examples/own-ports.conf says how."};
    }
    return {base::ErrorKind::unavailable, "address_unavailable",
            "Listening on " + address.text() + " failed: " + reason + ".", "Check \"listen\" in the configuration."};
}

enum class Sharing { alone, among_workers };

// Bound but not listening; errno tells why where it fails.
base::Descriptor bound_socket(const SocketAddress& address, bool with_ipv4, Sharing sharing) {
    base::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (socket.get() < 0) return socket;
    const auto set = [&](int level, int option, int value) {
        return setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
    };
    // Accepted sockets inherit TCP_NODELAY, which spares a call for each.
    const bool options_set = set(SOL_SOCKET, SO_REUSEADDR, 1) && set(IPPROTO_TCP, TCP_NODELAY, 1) &&
                             (sharing == Sharing::alone || set(SOL_SOCKET, SO_REUSEPORT, 1)) &&
                             (address.family() != AF_INET6 || set(IPPROTO_IPV6, IPV6_V6ONLY, with_ipv4 ? 0 : 1));
    if (!options_set || ::bind(socket.get(), address.pointer(), address.size) != 0) {
        const int error = errno;
        socket = base::Descriptor();
        errno = error;
    }
    return socket;
}

}  // namespace

bool takes_ipv4(const config::ListenAddress& address, const std::vector<config::ListenAddress>& all) {
    return std::none_of(all.begin(), all.end(), [&](const config::ListenAddress& other) {
        return other.host == "0.0.0.0" && other.port == address.port;
    });
}

base::Result<std::vector<base::Descriptor>> listen(const config::ListenAddress& address, bool with_ipv4,
                                                   std::size_t copies) {
    auto where = resolve(address);
    if (!where) return base::fail(where.error());
    // Alone first: with SO_REUSEPORT a forgotten old process would take its share of the connections unnoticed.
    base::Descriptor probe = bound_socket(*where, with_ipv4, Sharing::alone);
    const bool any_ipv6 = address.host == "::" && with_ipv4;
    if (probe.get() < 0 && any_ipv6 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        where = ipv4(in_addr{INADDR_ANY}, address.port);
        probe = bound_socket(*where, with_ipv4, Sharing::alone);
    }
    if (probe.get() < 0) return base::fail(failure(address, errno));
    probe = base::Descriptor();

    std::vector<base::Descriptor> sockets;
    for (std::size_t i = 0; i < copies; ++i) {
        base::Descriptor socket = bound_socket(*where, with_ipv4, Sharing::among_workers);
        if (socket.get() < 0 || ::listen(socket.get(), backlog) != 0) return base::fail(failure(address, errno));
        sockets.push_back(std::move(socket));
    }
    return sockets;
}

}  // namespace gatehouse::net
