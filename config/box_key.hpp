// A key of this box's own in a file of its own under STATE/vault/: any 16 to 4096 bytes, 0600, made once. For what is
// kept elsewhere and has to be worth nothing without this box. The vault's own key will not do: it is made only when
// there is something to keep, and changes when systemd brings another. Stateless; blocking: any thread but an I/O one.
#pragma once

#include "base/files.hpp"
#include "base/secret.hpp"

#include <filesystem>
#include <optional>

namespace gatehouse::config {

/// The key in `path`; nullopt: there is no such file. A link is not followed. Errors: unavailable/key_unusable (fewer
/// than 16 bytes), those of reading files.
[[nodiscard]] base::Result<std::optional<base::Secret>> read_box_key(const base::FileSystem& files,
                                                                     const std::filesystem::path& path);

/// Makes one of 32 random bytes, and its folder (0700) where there is none; durable when it returns. What was made with
/// a former key is lost then: ask first whether there is anything. Errors: those of writing files.
[[nodiscard]] base::Result<base::Secret> make_box_key(base::FileSystem& files, const std::filesystem::path& path);

}  // namespace gatehouse::config
