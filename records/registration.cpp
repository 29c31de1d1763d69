#include "records/registration.hpp"

namespace gatehouse::records {

std::string_view name(DeviceKind kind) {
    switch (kind) {
        case DeviceKind::esa:
            return "esa";
        case DeviceKind::wsa:
            return "wsa";
        case DeviceKind::amp:
            return "amp";
        case DeviceKind::other:
            break;
    }
    return "other";
}

std::optional<DeviceKind> device_kind_of(std::string_view name) {
    for (const DeviceKind kind : {DeviceKind::esa, DeviceKind::wsa, DeviceKind::amp, DeviceKind::other}) {
        if (name == records::name(kind)) return kind;
    }
    return std::nullopt;
}

std::string_view name(DeviceState state) {
    return state == DeviceState::active ? "active" : "deactivated";
}

}  // namespace gatehouse::records
