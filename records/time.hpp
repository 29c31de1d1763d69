// Moments as the database keeps them: Unix microseconds, UTC. Rooms are told the time, so that tests can choose it.
// Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace gatehouse::records {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

[[nodiscard]] inline Time now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// As a column holds it, and back.
[[nodiscard]] constexpr std::int64_t micros_of(Time time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] constexpr Time time_of(std::int64_t micros) {
    return Time(std::chrono::microseconds(micros));
}

}  // namespace gatehouse::records
