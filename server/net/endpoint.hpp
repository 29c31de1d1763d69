// An address and a port as one value: whom to call. Any thread.
#pragma once

#include "base/result.hpp"
#include "server/net/address.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::net {

struct Endpoint {
    Address address;
    std::uint16_t port = 0;

    /// "192.0.2.1:53" or "[2001:db8::1]:53".
    [[nodiscard]] std::string text() const;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353"; where no port is written, `default_port`.
/// Errors: input/address_invalid, whose message quotes the text.
[[nodiscard]] base::Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port);

}  // namespace gatehouse::net
