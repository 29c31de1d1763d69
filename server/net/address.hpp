// A peer's address as a value: compared, hashed and printed. IPv4-mapped IPv6 addresses are unmapped when one is made,
// so that 192.0.2.1 is the same client on every socket. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/socket.h>

namespace gatehouse::net {

class Address {
public:
    Address() = default;
    /// Of an AF_INET or AF_INET6 socket address; anything else gives the unspecified address.
    [[nodiscard]] static Address of(const sockaddr_storage& socket_address);

    /// Without port and brackets; empty for the unspecified one.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::size_t hash() const;
    /// An IPv6 address without its last 64 bits; an IPv4 one as it is.
    [[nodiscard]] Address network() const;
    friend bool operator==(const Address&, const Address&) = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
    std::uint8_t size_ = 0;  // 4 or 16; 0: unspecified
};

struct AddressHash {
    std::size_t operator()(const Address& address) const { return address.hash(); }
};

}  // namespace gatehouse::net
