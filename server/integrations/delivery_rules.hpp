// What the answer of a disposition update service means, and how long to wait before the next attempt. Pure; any
// thread.
#pragma once

#include "server/integrations/disposition.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::integrations {

/// A service is left alone no longer than this, whatever it asks for.
inline constexpr std::chrono::seconds longest_retry_after{3600};

/// Retry-After (RFC 9110, 10.2.3): seconds, or a date in any of HTTP's forms, seen from `now` (Unix seconds); at most
/// longest_retry_after. nullopt: it is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view field, std::int64_t now);

/// By the status of the final answer. `retry_after`: that field's value; nullopt where there is none.
///   2xx                 delivered
///   408, 5xx            again, but for
///   429, 502, 503, 504  away: the service as a whole takes nothing now
///   all others          refused; a redirect is never followed
[[nodiscard]] Delivery delivery_of(unsigned status, std::optional<std::string_view> retry_after, std::int64_t now);

/// How long to wait after `failures` (1 or more) in a row: `first`, doubled with each, `longest` at most; of that at
/// least the half, the rest by `random` (0 to 1), so that what failed together is not tried together.
[[nodiscard]] std::chrono::milliseconds backed_off(std::chrono::milliseconds first, std::chrono::milliseconds longest,
                                                   unsigned failures, double random);

}  // namespace gatehouse::integrations
