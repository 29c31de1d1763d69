// STATE/lock: held by whoever works in a state folder alone, a daemon or the restore of a backup. Stateless; blocking:
// main's thread, of either program.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"

#include <filesystem>

namespace gatehouse::config {

/// Takes STATE/lock, making the folder (0700) where it is missing; the lock ends with the descriptor. Errors:
/// conflict/state_locked (another process uses it, by pid where it can be told), io.
[[nodiscard]] base::Result<base::Descriptor> lock_state(const std::filesystem::path& state_directory);

}  // namespace gatehouse::config
