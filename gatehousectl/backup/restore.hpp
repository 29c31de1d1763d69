// gatehousectl backup restore: a box from the file that `backup create` made (docs/decisions/0028). Stateless; main's
// thread; blocking.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "gatehousectl/backup/manifest.hpp"
#include "gatehousectl/backup/progress.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl::backup {

struct RestoreWish {
    std::filesystem::path file;
    std::filesystem::path configuration;
    bool replace_configuration = false;  ///< and the pairs that it names outside STATE
    bool elsewhere = false;              ///< the backup's configuration may have other paths than are in force here
    bool force = false;                  ///< STATE may hold something
};

/// What became of the configuration file.
enum class Configuration {
    same,      ///< it was that of the backup already
    differs,   ///< it was left as it is, and is another one
    restored,  ///< it is that of the backup now
};

struct Restored {
    Manifest manifest;
    std::filesystem::path state_directory;
    std::optional<std::uint64_t> samples;  ///< contents; nullopt: the backup has none
    Configuration configuration = Configuration::same;
    std::vector<std::string> notes;  ///< what the person should know, a sentence each
};

/// What can be refused before anybody is asked for a passphrase. Errors: io (the file can't be read).
[[nodiscard]] base::Result<void> may_restore(const RestoreWish& wish);

/// All of the backup is in place, durably; on error the box is as it was, but where the code is restore_unfinished. So
/// is a restore that was interrupted before, which `force` gives up for this one.
/// Errors: those of SealedReader and ArchiveReader; conflict/state_locked (a daemon runs), conflict/state_not_empty,
/// conflict/state_foreign, unavailable/backup_newer, input/configuration_invalid, input/leads_elsewhere,
/// input/database_foreign, io/database_damaged, unavailable/vault_locked,
/// unavailable/interrupted, denied/not_allowed, io.
[[nodiscard]] base::Result<Restored> restore(const RestoreWish& wish, const base::Secret& passphrase,
                                             const Progress& progress);

}  // namespace gatehouse::gatehousectl::backup
