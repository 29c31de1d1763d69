// An address and a port as one value: whom to call. Any thread.
#pragma once

#include "config/settings.hpp"
#include "server/net/address.hpp"

#include <cstdint>
#include <string>

namespace gatehouse::net {

struct Endpoint {
    Address address;
    std::uint16_t port = 0;

    /// "192.0.2.1:53" or "[2001:db8::1]:53".
    [[nodiscard]] std::string text() const;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Of an address that config/address.hpp has read.
[[nodiscard]] Endpoint endpoint(const config::ListenAddress& address);

}  // namespace gatehouse::net
