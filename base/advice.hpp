// Words for commands and facts that an error or a finding shows to the operator. Stateless; any thread, but user_name
// may ask the system's user database and the advice asks the file system, so not an I/O one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace gatehouse::base {

/// The path as a shell takes it: unchanged where that is safe, else in single quotes. For "Run: chmod ..." advice.
[[nodiscard]] std::string shell_quoted(const std::filesystem::path& path);

/// The user's name, or the number where it has none.
[[nodiscard]] std::string user_name(uid_t user);

/// How root gives the file or folder to `user`. A chown where others than root lay links would give away what one leads
/// to: /etc/shadow, say. So there it is other advice.
[[nodiscard]] std::string advice_to_give(const std::filesystem::path& path, uid_t user);

/// How root changes the mode of what belongs to `owner`, so that `user`, whom the daemon runs as, is content. `mode` is
/// as chmod takes it. As careful as advice_to_give.
[[nodiscard]] std::string advice_to_change_mode(const std::filesystem::path& path, uid_t owner, uid_t user,
                                                std::string_view mode);

/// What to do where a file system is read-only (EROFS), as a unit of systemd makes it outside its own folders.
[[nodiscard]] std::string advice_to_open_for_writing();

/// What an errno says, e.g. "No such file or directory". Unlike strerror any thread may ask.
[[nodiscard]] std::string words_of(int error);

/// Permission bits as chmod takes them, e.g. "0640".
[[nodiscard]] std::string mode_text(mode_t mode);

}  // namespace gatehouse::base
