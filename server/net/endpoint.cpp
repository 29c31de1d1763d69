#include "server/net/endpoint.hpp"

#include "config/json_text.hpp"

#include <charconv>
#include <optional>

namespace gatehouse::net {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

}  // namespace

std::string Endpoint::text() const {
    const std::string host = address.is_ipv4() ? address.text() : "[" + address.text() + "]";
    return host + ":" + std::to_string(port);
}

base::Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
    const auto wrong = [&](const char* what) {
        return base::fail(base::ErrorKind::input, "address_invalid", config::in_quotes(text) + " " + what,
                          "Write an IP address, with its port where that is not " + std::to_string(default_port) +
                              ": \"192.0.2.53\", \"192.0.2.53:5353\", \"[2001:db8::53]:5353\".");
    };
    if (const auto bare = Address::parse(text)) return Endpoint{*bare, default_port};
    std::string_view host = text;
    std::uint16_t port = default_port;
    // A colon after the brackets, or the only one there is, stands before a port.
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
        const auto written = parse_port(text.substr(colon + 1));
        if (!written) return wrong("has a port that is not a number from 1 to 65535.");
        port = *written;
        host = text.substr(0, colon);
    }
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const auto address = Address::parse(bracketed ? host.substr(1, host.size() - 2) : host);
    const bool looks_like_ipv6 = host.find(':') != std::string_view::npos;
    if (!address || looks_like_ipv6 != bracketed) return wrong("is not an IP address.");
    return Endpoint{*address, port};
}

}  // namespace gatehouse::net
