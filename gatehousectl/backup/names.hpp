// What a backup is made of: the names in a state folder that belong to it, and those in its archive. Pure, but for
// `lies_outside`, which asks the file system; any thread.
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl::backup {

// ---- in STATE

inline constexpr std::string_view database_name = "gatehouse.db";
/// What lies beside a database that is open, or was when its process ended. Never backed up; goes with the database.
inline constexpr std::array<std::string_view, 3> beside_database{"gatehouse.db-wal", "gatehouse.db-shm",
                                                                 "gatehouse.db-journal"};
inline constexpr std::string_view samples_name = "samples";
/// Folders and files that are backed up as they are.
inline constexpr std::array<std::string_view, 6> kept_names{
    "clean", "admin", "authorities", "vault", "initial-password", "initial-password-clean"};
/// Where `backup create` works; removed at its end.
inline constexpr std::string_view work_name = "backup";

/// Whether the name in STATE is Gatehouse's, whatever the configuration says.
[[nodiscard]] bool is_own(std::string_view name);

/// A certificate, key, authority or the like has at most so many bytes.
inline constexpr std::size_t largest_kept_file = 4UL * 1024 * 1024;
/// All of them together, and how many names are looked at: they are held in memory until all were read.
inline constexpr std::size_t largest_kept_sum = 64UL * 1024 * 1024;
inline constexpr std::size_t most_kept_names = 10000;

/// Whether the daemon makes such files beside others for a moment; they are never backed up.
[[nodiscard]] bool is_passing(std::string_view file_name);

// ---- in the archive

inline constexpr std::string_view manifest_entry = "manifest";
inline constexpr std::string_view configuration_entry = "configuration";
inline constexpr std::string_view database_entry = "database";
inline constexpr std::string_view end_entry = "end";

[[nodiscard]] std::string certificate_entry(config::Interface interface);
[[nodiscard]] std::string key_entry(config::Interface interface);
/// `path`: below STATE.
[[nodiscard]] std::string state_entry(const std::filesystem::path& path);
[[nodiscard]] std::string sample_entry(const std::string& sha256);
[[nodiscard]] bool is_sample_entry(std::string_view entry);

/// Where the file of such an entry belongs below STATE: state/..., database, samples/...; nullopt: nowhere, because it
/// is another sort of entry or its name is one that no backup has ("..", an empty part, a name that is not kept).
[[nodiscard]] std::optional<std::filesystem::path> place_of(std::string_view entry);

/// Below STATE.
[[nodiscard]] std::filesystem::path sample_place(std::string_view sha256);
[[nodiscard]] bool is_sha256(std::string_view text);

/// `path` relative to `folder`, where it lies in it and no part of it is ".."; by its text alone.
[[nodiscard]] std::optional<std::filesystem::path> below(const std::filesystem::path& folder,
                                                         const std::filesystem::path& path);

/// Refuses a backup that lies in the state folder it is of: input/file_inside. Links on the way to it are resolved.
[[nodiscard]] base::Result<void> lies_outside(const std::filesystem::path& state_directory,
                                              const std::filesystem::path& file);

}  // namespace gatehouse::gatehousectl::backup
