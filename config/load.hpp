// Reads the configuration file: JSON with // comments, checked member by member. Pure but for the one read; any thread.
#pragma once

#include "base/files.hpp"
#include "config/reload.hpp"
#include "config/settings.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace gatehouse::config {

/// The file's settings with defaults for what it leaves out, or everything that is wrong with it: each Error is
/// input/configuration_invalid (or file_*), names the member by its path (e.g. interfaces.clean.listen[0]) and, for an
/// unknown one, the nearest known name.
[[nodiscard]] tl::expected<Settings, std::vector<base::Error>> load(const base::FileSystem& files,
                                                                    const std::filesystem::path& file);

/// The same from text; `file` is only named in errors.
[[nodiscard]] tl::expected<Settings, std::vector<base::Error>> parse(std::string_view text,
                                                                     const std::filesystem::path& file);

}  // namespace gatehouse::config
