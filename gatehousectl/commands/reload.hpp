// gatehousectl reload: reads configuration and certificates anew and waits for what comes of it. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

namespace gatehouse::gatehousectl::commands {

/// Exit::refused where a door refused its pair, so that a unit's ExecReload= fails.
[[nodiscard]] Outcome<Exit> reload(const Console& console);

/// Shows the API's Reloaded, which a passphrase answers with too, for the doors that are named.
[[nodiscard]] Exit show_reloaded(const Console& console, const Answer& answer,
                                 const std::vector<std::string>& doors = {"clean", "admin"});

}  // namespace gatehouse::gatehousectl::commands
