// What a system call on a file met, told to people: what happened, to which file, and the command that mends it. Asks
// the file system; blocks; any thread.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string_view>

namespace gatehouse::base {

/// Which permission an operation needs, so that the advice names the right file or folder.
enum class Need { read, write, change_folder };

/// The Error for errno, where `path` could not be `action` ("read", "removed"). Errors: not_found/file_missing,
/// io/file_denied, conflict/file_exists, io/disk_full, io/file_io.
[[nodiscard]] tl::unexpected<Error> failure(int error, std::string_view action, const std::filesystem::path& path,
                                            Need need);

/// For who wrote or made `path` by system calls, and met errno: those of `failure`, each with what to do.
[[nodiscard]] tl::unexpected<Error> not_written(int error, const std::filesystem::path& path);

}  // namespace gatehouse::base
