// gatehousectl hostname and tls policy: what is set of a door. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <string>

namespace gatehouse::gatehousectl::commands {

struct DoorOptions {
    std::string interface;  ///< to show: empty for both
    std::string value;      ///< to set
};

[[nodiscard]] Outcome<Exit> show_hostnames(const Console& console, const DoorOptions& options);
[[nodiscard]] Outcome<Exit> set_hostname(const Console& console, const DoorOptions& options);
[[nodiscard]] Outcome<Exit> show_policies(const Console& console, const DoorOptions& options);
[[nodiscard]] Outcome<Exit> set_policy(const Console& console, const DoorOptions& options);

/// The items of GET /interfaces for people: one door, or where `only` is empty both.
[[nodiscard]] std::string hostnames_text(const nlohmann::json& interfaces, const std::string& only, std::size_t width);
[[nodiscard]] std::string policies_text(const nlohmann::json& interfaces, const std::string& only, std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
