// gatehousectl backup create: one file of all that makes this box, while it runs or not (docs/decisions/0028).
// Stateless; main's thread; blocking.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "gatehousectl/backup/progress.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl::backup {

struct CreateWish {
    std::filesystem::path file;
    std::filesystem::path configuration;
    std::filesystem::path key;          ///< the vault's, where it does not lie in STATE; else empty
    std::filesystem::path credentials;  ///< CREDENTIALS_DIRECTORY, where it may lie too; else empty
    bool samples = false;
    bool force = false;  ///< replaces `file`
};

struct Created {
    std::uint64_t bytes = 0;
    std::string made;
    std::filesystem::path state_directory;
    std::optional<std::uint64_t> samples;  ///< contents; nullopt: they were not asked for
    std::vector<std::string> gone;         ///< contents that the database knows and whose files are gone
    std::vector<std::string> left_out;     ///< paths, with the reason in words
};

/// What can be refused before anybody is asked for a passphrase, and without reading the box: the configuration, the
/// state folder, the file. Errors: those of `box_of` and NewFile; denied/not_allowed, input/file_inside,
/// not_found/database_missing.
[[nodiscard]] base::Result<void> may_create(const CreateWish& wish);

/// The file is there, whole and durable, or there is none and none of it is left. Errors: as above; those of `gather`,
/// WorkFolder, SealedWriter, records::copy_database and examine_database; unavailable/vault_locked,
/// unavailable/interrupted, io.
[[nodiscard]] base::Result<Created> create(const CreateWish& wish, const base::Secret& passphrase,
                                           const Progress& progress);

}  // namespace gatehouse::gatehousectl::backup
