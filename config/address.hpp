// The texts by which the configuration names addresses and hosts, checked. Pure; any thread.
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

constexpr std::uint16_t dns_port = 53;

/// "192.0.2.1:443" or "[2001:db8::1]:443". The host comes in its shortest form (RFC 5952), an IPv4-mapped one as IPv4,
/// so that equal addresses compare equal. The Error's message is what is wrong as a predicate ("is \"::1\", which has
/// no port."), to follow the member's path.
[[nodiscard]] base::Result<ListenAddress> parse_listen_address(std::string_view text);

/// The address of a DNS server, its port 53 where none is written: "192.0.2.53", "192.0.2.53:5353", "2001:db8::53",
/// "[2001:db8::53]", "[2001:db8::53]:5353". Errors as above.
[[nodiscard]] base::Result<ListenAddress> parse_dns_server(std::string_view text);

/// "http://HOST:PORT", HOST being a name or an IP address, with brackets where it is IPv6. Errors as above; of a text
/// that may hold a password none quotes it.
[[nodiscard]] base::Result<ProxyAddress> parse_proxy(std::string_view text);

/// What is wrong with a text that says where calls leave the box (an IP address without brackets, or the name of a
/// network interface, at most 15 bytes; "" for as the routes say) as a predicate; nullopt: nothing.
[[nodiscard]] std::optional<std::string> source_fault(std::string_view source);

/// What is wrong with a host name (RFC 1123, or an IP address without brackets) as a predicate; nullopt: nothing.
[[nodiscard]] std::optional<std::string> hostname_fault(std::string_view hostname);

}  // namespace gatehouse::config
