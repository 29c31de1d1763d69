// Times as the API writes and reads them (RFC 3339), always told in UTC. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

using Microseconds = std::chrono::sys_time<std::chrono::microseconds>;

/// "2024-02-29T13:05:00Z". For years 0 to 9999.
[[nodiscard]] std::string format_rfc3339(std::chrono::sys_seconds time);
/// "2024-02-29T13:05:00.000250Z", always with six digits, so that such texts sort as their times do.
[[nodiscard]] std::string format_rfc3339(Microseconds time);

/// A date and time with any number of digits after the second, those beyond the sixth dropped, and Z or an offset:
/// "2024-02-29T15:05:00.00025+02:00". nullopt: it is none, or there is no such day or time. Second 60 is taken for the
/// one after it.
[[nodiscard]] std::optional<Microseconds> parse_rfc3339(std::string_view text);

}  // namespace gatehouse::http
