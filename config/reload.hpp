// What of newly read settings a running server can take over, and what waits for a restart. Pure; any thread.
#pragma once

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace gatehouse::config {

/// Settings that a running server cannot take over (listen, redirect, workers, state_directory, console_socket):
/// their paths, for `needs_restart`. Empty: `next` applies wholly.
[[nodiscard]] std::vector<std::string> needs_restart(const Settings& running, const Settings& next);

/// What a reload brings into force: `next`, but for the members that need a restart, which stay as they are; paths that
/// `next` has below its own state directory stay below the running one.
[[nodiscard]] Settings carry_over(const Settings& running, Settings next);

}  // namespace gatehouse::config
