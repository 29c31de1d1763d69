// gatehousectl status: is the appliance all right. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

namespace gatehouse::gatehousectl::commands {

[[nodiscard]] Outcome<Exit> status(const Console& console);

/// The answer of GET /status for people.
[[nodiscard]] std::string status_text(const nlohmann::json& status, std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
