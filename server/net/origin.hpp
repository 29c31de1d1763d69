// Where outbound calls of a network leave the box: by an address of its own, by an interface, or as the routes say.
// Plain values; any thread.
#pragma once

#include "base/result.hpp"
#include "server/net/address.hpp"

#include <string>
#include <string_view>

namespace gatehouse::net {

struct Origin {
    Address source;      ///< an address of this box; unspecified: any
    std::string device;  ///< an interface such as "eth1"; empty: any
    friend bool operator==(const Origin&, const Origin&) = default;
};

/// "" or the address or the interface that the text names. Errors: input/source_invalid.
[[nodiscard]] base::Result<Origin> parse_origin(std::string_view text);

/// As parse_origin reads it.
[[nodiscard]] std::string text_of(const Origin& origin);

/// Whether this box has that address or interface now, or it is "". Errors: input/source_unknown, which names those
/// that it has; io/interfaces_unreadable.
[[nodiscard]] base::Result<void> check_present(const Origin& origin);

/// Whether a socket of this origin can reach the family of `to` at all: a source address reaches its own family only.
[[nodiscard]] bool reaches(const Origin& origin, const Address& to);

/// Binds a fresh socket, so that what it sends leaves by `origin` or not at all. Errors: unavailable/origin_unusable,
/// which names the address or the interface.
[[nodiscard]] base::Result<void> bind_to(const Origin& origin, int socket);

}  // namespace gatehouse::net
