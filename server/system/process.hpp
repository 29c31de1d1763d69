// What the daemon asks of the kernel for itself, once, at the start of main before any thread exists.
#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace gatehouse::system {

/// No core dump (keys would be in it), no SIGPIPE, as many open files as the hard limit allows. Errors:
/// io/process_not_prepared; the daemon can go on with less.
[[nodiscard]] base::Result<void> prepare_process();

/// CREDENTIALS_DIRECTORY: where systemd put the unit's credentials (systemd.exec(5)); empty: nowhere.
[[nodiscard]] std::filesystem::path credentials_directory();

/// The same for who looks at the service from outside: where that is not set, the credentials of the running
/// gatehouse.service, which root may read; empty where there are none.
[[nodiscard]] std::filesystem::path credentials_of_service();

}  // namespace gatehouse::system
