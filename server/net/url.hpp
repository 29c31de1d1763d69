// An https URL taken apart: whom to call and what to ask for. A plain value; any thread.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::net {

struct Url {
    std::string host;  ///< as host_name gives it; an IPv6 address without brackets
    std::uint16_t port = 443;
    std::string target = "/";  ///< path and query as they are sent

    /// For the Host field: "cloud.test", "cloud.test:8443", "[2001:db8::1]".
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] std::string text() const { return "https://" + authority() + target; }
    friend bool operator==(const Url&, const Url&) = default;
};

/// RFC 3986, of which https only. A fragment is dropped, being no server's matter. Errors: input/url_not_https;
/// input/url_invalid, which says what is wrong: no host, a user or password (they have fields of their own), a port
/// that is none, or characters that would have to be percent-encoded; input/name_invalid.
[[nodiscard]] base::Result<Url> parse_https_url(std::string_view text);

/// Where a redirect from `base` leads: the field Location (RFC 9110, 10.2.2), whole or relative (RFC 3986, 5.2).
/// Errors: those of parse_https_url.
[[nodiscard]] base::Result<Url> resolve_location(const Url& base, std::string_view location);

}  // namespace gatehouse::net
