// gatehousectl backup: asks for the passphrase, and tells what was done; gatehousectl/backup does it. Main's thread.
#pragma once

#include "gatehousectl/desk.hpp"

#include <filesystem>

namespace gatehouse::gatehousectl::commands {

struct BackupOptions {
    std::filesystem::path file;
    std::filesystem::path key;              ///< create: empty: not named
    std::filesystem::path passphrase_file;  ///< empty: asked for, or read from stdin
    bool samples = false;                   ///< create
    bool configuration = false;             ///< restore
    bool force = false;
};

[[nodiscard]] Outcome<Exit> create_backup(const Desk& desk, const BackupOptions& options);
[[nodiscard]] Outcome<Exit> restore_backup(const Desk& desk, const BackupOptions& options);

}  // namespace gatehouse::gatehousectl::commands
