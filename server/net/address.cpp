#include "server/net/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <functional>
#include <netinet/in.h>
#include <string_view>

namespace gatehouse::net {

Address Address::of(std::span<const std::uint8_t> bytes) {
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (bytes.size() == 16 && std::equal(mapped.begin(), mapped.end(), bytes.begin())) bytes = bytes.subspan(12);
    Address address;
    if (bytes.size() != 4 && bytes.size() != 16) return address;
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
    address.size_ = static_cast<std::uint8_t>(bytes.size());
    return address;
}

Address Address::of(const sockaddr_storage& socket_address) {
    std::array<std::uint8_t, 16> bytes{};
    if (socket_address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &socket_address, sizeof v4);
        std::memcpy(bytes.data(), &v4.sin_addr, 4);
        return of(std::span(bytes).first(4));
    }
    if (socket_address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &socket_address, sizeof v6);
        std::memcpy(bytes.data(), &v6.sin6_addr, 16);
        return of(std::span(bytes));
    }
    return {};
}

std::optional<Address> Address::parse(std::string_view text) {
    const std::string terminated(text);
    if (terminated.find('\0') != std::string::npos) return std::nullopt;
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return of(std::span(bytes).first(4));
    if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return of(std::span(bytes));
    return std::nullopt;
}

std::string Address::text() const {
    if (size_ == 0) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(size_ == 4 ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

Address Address::network() const {
    constexpr std::size_t interface_bytes = 8;
    return without_last(interface_bytes);
}

Address Address::site() const {
    constexpr std::size_t subnet_and_interface_bytes = 10;
    return without_last(subnet_and_interface_bytes);
}

Address Address::without_last(std::size_t bytes) const {
    Address rest = *this;
    if (size_ == bytes_.size())
        std::fill(rest.bytes_.end() - static_cast<std::ptrdiff_t>(bytes), rest.bytes_.end(), std::uint8_t{0});
    return rest;
}

std::size_t Address::hash() const {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes_.data()), size_});
}

}  // namespace gatehouse::net
