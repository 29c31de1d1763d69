#include "server/net/url.hpp"

#include "base/text.hpp"
#include "config/json_text.hpp"
#include "server/net/address.hpp"
#include "server/net/host_name.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace gatehouse::net {

namespace {

constexpr std::uint16_t https_port = 443;
constexpr std::size_t longest_url = 8192;

tl::unexpected<base::Error> invalid_url(const std::string& why, const std::string& advice = "") {
    return base::fail(base::ErrorKind::input, "url_invalid", "The URL " + why + ".", advice);
}

// What RFC 3986 lets stand in a path or query, the brackets that many write there, and what is percent-encoded.
bool may_stand_in_target(char c) {
    return c > ' ' && c < '\x7f' && std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos;
}

bool begins_with_https(std::string_view text) {
    constexpr std::string_view scheme = "https://";
    return text.size() >= scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), text.begin(),
                      [](char want, char got) { return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got); });
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return std::nullopt;
    return port;
}

// "[2001:db8::1]" or a name or an IPv4 address.
base::Result<std::string> parse_host(std::string_view host) {
    if (host.empty()) return invalid_url("names no host");
    if (host.front() != '[') {
        if (host.find(':') != std::string_view::npos)
            return invalid_url("has an IPv6 address without brackets", "Write https://[2001:db8::1]/.");
        return host_name(host);
    }
    const auto inner = host.substr(1, host.size() - std::min<std::size_t>(host.size(), 2));
    const auto address = Address::parse(inner);
    const bool sound = host.back() == ']' && address && inner.find(':') != std::string_view::npos;
    if (!sound) return invalid_url("has " + config::in_quotes(host) + " where an IPv6 address in brackets would stand");
    return address->text();
}

// RFC 3986, 3.1: what stands before a colon that no slash, question mark or hash precedes.
bool has_scheme(std::string_view reference) {
    const std::size_t end = reference.find_first_of(":/?");
    return end != std::string_view::npos && reference[end] == ':';
}

// The path of `target` without "." and ".." (RFC 3986, 5.2.4), which begins with a slash.
std::string without_dots(std::string_view target) {
    const std::size_t query = std::min(target.find('?'), target.size());
    std::vector<std::string_view> segments;
    std::string_view rest = target.substr(0, query);
    bool ends_in_folder = false;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view segment = rest.substr(0, rest.find('/'));
        rest.remove_prefix(segment.size());
        ends_in_folder = segment == "." || segment == "..";
        if (segment == ".." && !segments.empty()) segments.pop_back();
        if (!ends_in_folder) segments.push_back(segment);
    }
    std::string path;
    for (const std::string_view segment : segments)
        path.append("/").append(segment);
    if (ends_in_folder || path.empty()) path += '/';
    return path.append(target.substr(query));
}

}  // namespace

std::string Url::authority() const {
    const std::string shown = host.find(':') != std::string::npos ? "[" + host + "]" : host;
    return port == https_port ? shown : shown + ":" + std::to_string(port);
}

base::Result<Url> parse_https_url(std::string_view text) {
    if (text.size() > longest_url) return invalid_url("is longer than " + std::to_string(longest_url) + " characters");
    if (!begins_with_https(text)) {
        return base::fail(base::ErrorKind::input, "url_not_https", "The URL does not begin with https://.",
                          "Only https is spoken, since only there it is known who answers.");
    }
    text = text.substr(0, text.find('#'));
    text.remove_prefix(std::string_view("https://").size());
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, end);
    const std::string_view target = text.substr(end);
    if (authority.find('@') != std::string_view::npos)
        return invalid_url("holds a user or password",
                           "Leave them out; where there are fields for them, enter them there.");

    Url url;
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port = colon != std::string_view::npos &&
                          (bracket == std::string_view::npos ? authority.find(':') == colon : colon > bracket);
    if (has_port) {
        const std::string_view digits = authority.substr(colon + 1);
        const auto port = digits.empty() ? std::optional(https_port) : parse_port(digits);
        if (!port) return invalid_url("has a port that is no number from 1 to 65535");
        url.port = *port;
        authority = authority.substr(0, colon);
    }
    auto host = parse_host(authority);
    if (!host) return base::fail(std::move(host.error()));
    url.host = std::move(*host);
    if (!std::all_of(target.begin(), target.end(), may_stand_in_target)) {
        return invalid_url("has characters that cannot stand in one",
                           "Write white space and other special characters percent-encoded, such as %20.");
    }
    url.target = (target.starts_with('/') ? "" : "/") + std::string(target);
    return url;
}

base::Result<Url> resolve_location(const Url& base, std::string_view location) {
    location = location.substr(0, location.find('#'));
    if (location.empty()) return invalid_url("that it leads to is missing");
    if (location.starts_with("//")) return parse_https_url("https:" + std::string(location));
    if (has_scheme(location)) return parse_https_url(location);
    const std::string_view path = std::string_view(base.target).substr(0, base.target.find('?'));
    std::string target;
    if (location.front() == '?') {
        target = std::string(path) + std::string(location);
    } else if (location.front() == '/') {
        target = location;
    } else {
        target = std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location);
    }
    return parse_https_url("https://" + base.authority() + without_dots(target));
}

}  // namespace gatehouse::net
