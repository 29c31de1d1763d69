// Words for commands and facts that an error or a finding shows to the operator. Stateless; any thread, but user_name
// may ask the system's user database, so not an I/O one.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace gatehouse::base {

/// The path as a shell takes it: unchanged where that is safe, else in single quotes. For "Run: chmod ..." advice.
[[nodiscard]] std::string shell_quoted(const std::filesystem::path& path);

/// The user's name, or the number where it has none.
[[nodiscard]] std::string user_name(uid_t user);

/// What an errno says, e.g. "No such file or directory". Unlike strerror any thread may ask.
[[nodiscard]] std::string words_of(int error);

/// Permission bits as chmod takes them, e.g. "0640".
[[nodiscard]] std::string mode_text(mode_t mode);

}  // namespace gatehouse::base
