#include "config/address.hpp"

#include "config/json_text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>

namespace gatehouse::config {

namespace {

using base::ErrorKind;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<std::string> canonical_ipv4(const std::string& text) {
    in_addr address{};
    std::array<char, INET_ADDRSTRLEN> out{};
    if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
    return ::inet_ntop(AF_INET, &address, out.data(), out.size());
}

std::optional<std::string> canonical_ipv6(const std::string& text) {
    in6_addr address{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        return ::inet_ntop(AF_INET, &address.s6_addr[12], out.data(), out.size());
    }
    return ::inet_ntop(AF_INET6, &address, out.data(), out.size());
}

// Whether a colon stands after the host, which may be an address in brackets.
bool names_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    return colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
}

tl::unexpected<base::Error> wrong(std::string saying, std::string advice) {
    return base::fail(ErrorKind::input, "address_invalid", std::move(saying), std::move(advice));
}

}  // namespace

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
    const std::string advice = "Write ADDRESS:PORT, e.g. \"0.0.0.0:443\", or \"[::]:443\" for all addresses.";
    const std::string shown = "is " + in_quotes(text);
    if (text.find('\0') != std::string_view::npos) return wrong(shown + ", which is no address.", advice);
    if (!names_port(text)) return wrong(shown + ", which has no port.", advice);

    ListenAddress address;
    const std::size_t colon = text.rfind(':');
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size() || address.port == 0) {
        return wrong(shown + ", whose port is not a number from 1 to 65535.", advice);
    }

    const std::string host(text.substr(0, colon));
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    const auto canonical = bracketed ? canonical_ipv6(host.substr(1, host.size() - 2)) : canonical_ipv4(host);
    if (!canonical) {
        if (canonical_ipv6(host)) {
            return wrong(shown + ", where the IPv6 address lacks its brackets.",
                         "Write \"[" + host + "]:" + std::to_string(address.port) + "\".");
        }
        return wrong(shown + ", whose host is not an IP address.", advice);
    }
    address.host = *canonical;
    return address;
}

base::Result<ListenAddress> parse_dns_server(std::string_view text) {
    const std::string advice =
        "Write an IP address, with its port where that is not 53: \"192.0.2.53\", \"[2001:db8::53]:5353\".";
    const std::string host(text);
    if (text.find('\0') == std::string_view::npos) {
        const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
        auto bare = canonical_ipv6(bracketed ? host.substr(1, host.size() - 2) : host);
        if (!bare) bare = canonical_ipv4(host);
        if (bare) return ListenAddress{*bare, dns_port};
    }
    if (!names_port(text)) return wrong("is " + in_quotes(text) + ", which is not an IP address.", advice);
    auto address = parse_listen_address(text);
    if (!address) address.error().advice = advice;
    return address;
}

base::Result<ProxyAddress> parse_proxy(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    const std::string advice = "Write \"http://HOST:PORT\", or \"\" for no proxy.";
    if (text.find('@') != std::string_view::npos) {
        return wrong("holds a user name or a password.",
                     "Proxies that ask for one can't be used: no secret may stand in this file.");
    }
    const std::string shown = "is " + in_quotes(text);
    if (!text.starts_with(scheme)) return wrong(shown + ", which does not begin with http://.", advice);
    const std::string_view authority = text.substr(scheme.size());
    const std::size_t colon = authority.rfind(':');
    if (!names_port(authority)) return wrong(shown + ", which has no port.", advice);

    ProxyAddress proxy;
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), proxy.port);
    if (error != std::errc() || end != port.data() + port.size() || proxy.port == 0) {
        return wrong(shown + ", whose port is not a number from 1 to 65535.", advice);
    }
    const std::string host(authority.substr(0, colon));
    if (host.find_first_of("[]:") == std::string::npos) {
        if (hostname_fault(host)) return wrong(shown + ", whose host is neither a name nor an IP address.", advice);
        proxy.host = host;
        return proxy;
    }
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const auto canonical = bracketed ? canonical_ipv6(host.substr(1, host.size() - 2)) : std::nullopt;
    if (!canonical) return wrong(shown + ", whose host is no IPv6 address in brackets.", advice);
    proxy.host = *canonical;
    return proxy;
}

std::optional<std::string> source_fault(std::string_view source) {
    const std::string text(source);
    if (text.empty()) return std::nullopt;
    if (text.find('\0') == std::string::npos && (canonical_ipv4(text) || canonical_ipv6(text))) return std::nullopt;
    const bool is_name =
        text.size() < IFNAMSIZ && text != "." && text != ".." &&
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; });
    if (is_name) return std::nullopt;
    return "must be an IP address without port and brackets, or the name of a network interface";
}

std::optional<std::string> hostname_fault(std::string_view hostname) {
    const std::string text(hostname);
    if (text.find('\0') == std::string::npos && (canonical_ipv4(text) || canonical_ipv6(text))) return std::nullopt;
    constexpr std::size_t longest_name = 253;
    constexpr std::size_t longest_label = 63;
    if (text.empty() || text.size() > longest_name) return "must have 1 to 253 characters";
    std::string_view rest = text;
    std::string_view label;
    while (true) {
        const std::size_t dot = rest.find('.');
        label = rest.substr(0, dot);
        if (label.empty() || label.size() > longest_label) {
            return "must have 1 to 63 characters between its dots, and none at its ends";
        }
        const auto is_allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
        if (!std::all_of(label.begin(), label.end(), is_allowed)) {
            return "may hold letters a to z, digits, hyphens and dots only (other letters as xn--...)";
        }
        if (label.front() == '-' || label.back() == '-') return "must not begin or end a part with a hyphen";
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    // RFC 1123, 2.1: the last part is alphabetic, which is what tells a name from a mistyped address.
    if (std::all_of(label.begin(), label.end(), is_digit)) return "ends in a number and is not an IP address";
    return std::nullopt;
}

}  // namespace gatehouse::config
