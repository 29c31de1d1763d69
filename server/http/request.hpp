// A request as handlers see it: plain values that point into the session's buffers. Made by http/request_parser, lives
// until the response has been sent; the worker's thread only.
#pragma once

#include "server/net/address.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

struct HeaderField {
    std::string_view name;
    std::string_view value;
};

/// RFC 9110 methods that some route may take; everything else is `other`. Methods are case-sensitive.
enum class Method { get, head, post, put, delete_, options, other };  // NOLINT(readability-identifier-naming)
[[nodiscard]] Method method_of(std::string_view text);
/// As it stands in a request line or an Allow field; empty for `other`.
[[nodiscard]] std::string_view name(Method method);

/// What a route asks of its caller, each including those before it.
enum class Access { anyone, read, operate, console };

/// How a caller came, as `Caller::means` has it.
inline constexpr std::string_view by_session = "session";
inline constexpr std::string_view by_token = "token";
inline constexpr std::string_view by_console = "console";

/// Who asks, as the door's gate found out.
struct Caller {
    std::string name;   ///< of the account
    std::string means;  ///< by which it came: one of those above
    std::string id;     ///< of the session or token
    Access rights = Access::anyone;
};

struct Request {
    Method method = Method::get;
    std::string_view method_text;
    std::string_view target;     ///< as sent
    std::string_view path;       ///< the target up to '?', still percent-encoded
    std::string_view query;      ///< after '?', without it
    std::string_view host;       ///< of Host or of the absolute target, with its port if one was sent
    unsigned minor_version = 1;  ///< HTTP/1.x
    bool keep_alive = true;
    std::vector<HeaderField> fields;
    std::string_view body;
    net::Address peer;                                                 ///< the client, IPv4-mapped addresses unmapped
    std::vector<std::pair<std::string_view, std::string>> parameters;  ///< of the route's path, decoded; see Route
    bool outdated = false;                 ///< it came over a connection that began before the door's last change
    std::shared_ptr<const Caller> caller;  ///< null where the route asks nothing

    /// The path parameter of that name; empty where the route has none.
    [[nodiscard]] std::string_view parameter(std::string_view name) const;
    /// Value of the first field of that name (compared without case), or nullopt.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
};

/// An ASCII capital as its small letter, all else as it is.
[[nodiscard]] constexpr char lower_letter(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
/// Whether two names (of fields, of list members, of hosts) are the same without regard to ASCII case.
[[nodiscard]] bool same_name(std::string_view left, std::string_view right);

}  // namespace gatehouse::http
