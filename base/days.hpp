// Days as certificates and people count them. Pure; any thread.
#pragma once

#include <cstdint>

namespace gatehouse::base {

inline constexpr std::int64_t seconds_per_day = 86400;

/// Whole days from one Unix time to another, rounded down: negative where it has passed.
[[nodiscard]] constexpr std::int64_t days_between(std::int64_t from, std::int64_t to) {
    const std::int64_t seconds = to - from;
    return seconds / seconds_per_day - (seconds % seconds_per_day < 0 ? 1 : 0);
}

}  // namespace gatehouse::base
