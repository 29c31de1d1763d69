// What an integrating device said of itself when it registered, and what became of that. A plain value; any thread.
#pragma once

#include "records/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::records {

enum class DeviceKind { esa, wsa, amp, other };
[[nodiscard]] std::string_view name(DeviceKind kind);
[[nodiscard]] std::optional<DeviceKind> device_kind_of(std::string_view name);

/// What a device is told: whether it may submit.
enum class DeviceState { deactivated, active };
[[nodiscard]] std::string_view name(DeviceState state);

struct Registration {
    DeviceState state = DeviceState::deactivated;  ///< active: it and its organization are
    bool pending = true;                           ///< nobody has let it in yet
    DeviceKind kind = DeviceKind::other;
    std::string source_address;         ///< where it registered from
    Time first_seen;                    ///< when
    std::optional<Time> last_poll;      ///< when it asked, or registered again, last
    std::int64_t conflicts = 0;         ///< attempts to register its id with another secret
    std::optional<Time> last_conflict;  ///< the last of them
    std::optional<Time> expires;        ///< of a pending one, unless it polls; nullopt: it was let in
};

}  // namespace gatehouse::records
