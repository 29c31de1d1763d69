// An IP address as a value: compared, hashed and printed. IPv4-mapped IPv6 addresses are unmapped when one is made,
// so that 192.0.2.1 is the same client on every socket. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace gatehouse::net {

class Address {
public:
    Address() = default;
    /// Of an AF_INET or AF_INET6 socket address; anything else gives the unspecified address.
    [[nodiscard]] static Address of(const sockaddr_storage& socket_address);
    /// Of 4 or 16 bytes in network order; anything else gives the unspecified address.
    [[nodiscard]] static Address of(std::span<const std::uint8_t> bytes);
    /// "192.0.2.1" or "2001:db8::1", without port, brackets and zone; nullopt for any other text.
    [[nodiscard]] static std::optional<Address> parse(std::string_view text);

    /// Without port and brackets; empty for the unspecified one.
    [[nodiscard]] std::string text() const;
    /// 4 or 16 bytes in network order; none for the unspecified one.
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
    [[nodiscard]] bool is_ipv4() const { return size_ == 4; }
    [[nodiscard]] std::size_t hash() const;
    /// An IPv6 address without its last 64 bits; an IPv4 one as it is.
    [[nodiscard]] Address network() const;
    /// An IPv6 address without its last 80 bits, which is what one customer of a provider gets; an IPv4 one as it is.
    [[nodiscard]] Address site() const;
    friend bool operator==(const Address&, const Address&) = default;

private:
    [[nodiscard]] Address without_last(std::size_t bytes) const;

    std::array<std::uint8_t, 16> bytes_{};
    std::uint8_t size_ = 0;  // 4 or 16; 0: unspecified
};

struct AddressHash {
    std::size_t operator()(const Address& address) const { return address.hash(); }
};

}  // namespace gatehouse::net
