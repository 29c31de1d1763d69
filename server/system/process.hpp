// What the daemon asks of the kernel for itself, once, at the start of main before any thread exists.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"

#include <filesystem>

namespace gatehouse::system {

/// No core dump (keys would be in it), no SIGPIPE, as many open files as the hard limit allows. Errors:
/// io/process_not_prepared; the daemon can go on with less.
[[nodiscard]] base::Result<void> prepare_process();

/// CREDENTIALS_DIRECTORY: where systemd put the unit's credentials (systemd.exec(5)); empty: nowhere.
[[nodiscard]] std::filesystem::path credentials_directory();

/// Takes STATE/lock, making the folder (0700) where it is missing; the lock ends with the descriptor. Errors:
/// conflict/state_locked (another daemon uses it, by pid where it can be told), io.
[[nodiscard]] base::Result<base::Descriptor> lock_state(const std::filesystem::path& state_directory);

}  // namespace gatehouse::system
