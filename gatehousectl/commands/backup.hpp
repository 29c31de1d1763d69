// gatehousectl backup: asks for the passphrase, and tells what was done; gatehousectl/backup does it. Main's thread.
#pragma once

#include "gatehousectl/backup/create.hpp"
#include "gatehousectl/backup/restore.hpp"
#include "gatehousectl/desk.hpp"

#include <filesystem>

namespace gatehouse::gatehousectl::commands {

/// A wish but for what the desk and the environment know, and the passphrase's file; empty: asked for, or read from
/// stdin.
struct CreateOptions {
    backup::CreateWish wish;
    std::filesystem::path passphrase_file;
};
struct RestoreOptions {
    backup::RestoreWish wish;
    std::filesystem::path passphrase_file;
};

[[nodiscard]] Outcome<Exit> create_backup(const Desk& desk, const CreateOptions& options);
[[nodiscard]] Outcome<Exit> restore_backup(const Desk& desk, const RestoreOptions& options);

}  // namespace gatehouse::gatehousectl::commands
