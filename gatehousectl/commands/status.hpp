// gatehousectl status: is the appliance all right. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

namespace gatehouse::gatehousectl::commands {

[[nodiscard]] Outcome<Exit> status(const Console& console);

/// The answers of GET /status and GET /interfaces for people.
[[nodiscard]] std::string status_text(const nlohmann::json& status, const nlohmann::json& interfaces,
                                      std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
