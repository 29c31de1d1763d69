// The small files of a box as they were at one moment: the configuration, both doors' pairs wherever they lie, and what
// else STATE keeps beside the database and the samples. Stateless; main's thread; blocking.
//
// How: the state of every file (inode, size, times) is noted, all are read, and noted again. Where the two notes are
// the same, no file changed between the end of the first and the beginning of the second; else it is done again. While
// the daemon replaces a pair (its journal is in STATE/DOOR/pending) is not such a moment either.
//
// All but the configuration is read with the rights of STATE's owner (backup/as_owner), who reads the pairs elsewhere,
// too.
#pragma once

#include "base/files.hpp"
#include "config/settings.hpp"
#include "gatehousectl/backup/as_owner.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace gatehouse::gatehousectl::backup {

struct KeptFile {
    std::string entry;
    mode_t mode = 0600;
    base::Secret bytes;
};

/// What a configuration is the configuration of.
struct Box {
    config::Settings settings;
    Owner owner;  ///< of STATE
};

/// Errors: input/configuration_invalid (with all that is wrong with it), conflict/restore_unfinished, those of reading
/// it and of examining STATE.
[[nodiscard]] base::Result<Box> box_of(const base::FileSystem& files, const std::filesystem::path& configuration);

struct Gathered {
    config::Settings settings;
    Owner owner;                        ///< of STATE
    std::vector<KeptFile> files;        ///< the configuration first, then the pairs
    std::vector<std::string> left_out;  ///< paths that are no part of a backup, with the reason in words
};

/// Tries for `patience`. Errors: those of `box_of`; unavailable/files_changing, input/state_too_large, those of
/// reading files.
[[nodiscard]] base::Result<Gathered> gather(const base::FileSystem& files, const std::filesystem::path& configuration,
                                            std::chrono::milliseconds patience);

}  // namespace gatehouse::gatehousectl::backup
