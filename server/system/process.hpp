// What the daemon asks of the kernel for itself, once, at the start of main before any thread exists.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"

#include <filesystem>

namespace gatehouse::system {

/// No core dump (keys would be in it), no SIGPIPE, as many open files as the hard limit allows.
void prepare_process();

/// Takes STATE/lock, making the folder (0700) where it is missing; the lock ends with the descriptor. Errors:
/// conflict/state_locked (another daemon uses it, by pid where it can be told), io.
[[nodiscard]] base::Result<base::Descriptor> lock_state(const std::filesystem::path& state_directory);

}  // namespace gatehouse::system
