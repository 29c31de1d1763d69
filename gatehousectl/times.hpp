// Points in time as people type them, for --since, --until and --expires. Pure; any thread.
#pragma once

#include "gatehousectl/failure.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl {

/// Where a bare length of time ("7d") points to.
enum class Direction { past, future };

/// RFC 3339 in UTC for: RFC 3339 itself (any offset, passed on as it is), a date (its first instant in UTC), or a
/// number with s, m, h, d or w (that long before or after `now`). Anything else is misuse, told with `option`'s name.
[[nodiscard]] Outcome<std::string> parse_time(std::string_view text, std::string_view option, Direction direction,
                                              std::chrono::system_clock::time_point now);

}  // namespace gatehouse::gatehousectl
