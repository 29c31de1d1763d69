#include "server/net/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <functional>
#include <netinet/in.h>
#include <string_view>

namespace gatehouse::net {

Address Address::of(const sockaddr_storage& socket_address) {
    Address address;
    if (socket_address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &socket_address, sizeof v4);
        std::memcpy(address.bytes_.data(), &v4.sin_addr, 4);
        address.size_ = 4;
    } else if (socket_address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &socket_address, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            std::memcpy(address.bytes_.data(), v6.sin6_addr.s6_addr + 12, 4);
            address.size_ = 4;
        } else {
            std::memcpy(address.bytes_.data(), &v6.sin6_addr, 16);
            address.size_ = 16;
        }
    }
    return address;
}

std::string Address::text() const {
    if (size_ == 0) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(size_ == 4 ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

Address Address::network() const {
    Address network = *this;
    if (size_ == 16) std::fill(network.bytes_.begin() + 8, network.bytes_.end(), std::uint8_t{0});
    return network;
}

std::size_t Address::hash() const {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes_.data()), size_});
}

}  // namespace gatehouse::net
