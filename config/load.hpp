// Reads the configuration file: JSON with // comments, checked member by member. Pure but for the one read; any thread.
#pragma once

#include "base/files.hpp"
#include "config/reload.hpp"
#include "config/settings.hpp"

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::config {

/// What a file says, and everything that is wrong with it: each Error is input/configuration_invalid (or file_*), names
/// the member by its path (e.g. interfaces.clean.listen[0]) and, for an unknown one, the nearest known name.
struct Reading {
    std::optional<Settings>
        settings;  // defaults for what is left out or wrong; nullopt: it is no JSON or can't be read
    std::vector<base::Error> errors;
};

/// Why the configuration could not be read, with what opens it where that was denied: never giving it away.
[[nodiscard]] base::Error not_readable(const base::FileSystem& files, const std::filesystem::path& file,
                                       base::Error error);

[[nodiscard]] Reading read_file(const base::FileSystem& files, const std::filesystem::path& file);

/// The same from text; `file` is only named in errors.
[[nodiscard]] Reading read_text(std::string_view text, const std::filesystem::path& file);

/// The settings of a file that nothing is wrong with, or its errors.
[[nodiscard]] tl::expected<Settings, std::vector<base::Error>> load(const base::FileSystem& files,
                                                                    const std::filesystem::path& file);

/// What a reload of the file brings into force beside what runs.
struct NextSettings {
    Settings settings;                       ///< as carry_over makes them
    std::vector<std::string> needs_restart;  ///< paths of what stays as it runs
};

/// The file read for a server that runs with `running`, or what is wrong with it, or would be beside what needs a
/// restart.
[[nodiscard]] tl::expected<NextSettings, std::vector<base::Error>> load_beside(const Settings& running,
                                                                               const base::FileSystem& files,
                                                                               const std::filesystem::path& file);

}  // namespace gatehouse::config
