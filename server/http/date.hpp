// Dates as HTTP writes and reads them (RFC 9110 section 5.6.7). Seconds since 1970-01-01 00:00:00 UTC. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

/// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". For years 0 to 9999.
[[nodiscard]] std::string format_date(std::int64_t seconds);

/// Any of the three forms that a recipient must take: IMF-fixdate, RFC 850 (two-digit years are 1970 to 2069) and
/// asctime. nullopt: it is none of them or no such day exists. The name of the weekday is not compared with the date.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace gatehouse::http
