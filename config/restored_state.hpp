// The last step of restoring a backup: what lies whole and checked in STATE/restore/new takes the place of what STATE
// held. It is many renames, and after a crash or a power cut at any instant all of them count or none: STATE/restore/
// journal names them, and appears, durable, when there is nothing left that can fail for want of space. From then on
// whoever takes the state folder finishes it: gatehousectl, or the next start of a daemon. What STATE held goes to
// STATE/restore/old first and is removed at the end. STATE itself stays, which may be a mount point, and with it what
// is none of a backup's business. To be called by the holder of config/state_lock. Stateless; blocking: main's thread,
// of either program.
//
// One that can't be finished may hold the only copy of what STATE held. A restore that takes its place lays it aside,
// STATE/restore.given-up, until it counts itself; until then it is the one that waits to be finished.
#pragma once

#include "base/files.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::config {

/// STATE/restore, where a backup is unpacked; its contents are in `new`.
[[nodiscard]] std::filesystem::path restore_folder(const std::filesystem::path& state_directory);
/// STATE/restore.given-up: a STATE/restore that counts, until another does.
[[nodiscard]] std::filesystem::path given_up_folder(const std::filesystem::path& state_directory);
/// Where the new bytes of a file outside STATE wait for their rename: beside it.
[[nodiscard]] std::filesystem::path waiting_beside(const std::filesystem::path& file);

struct RestorePlan {
    std::vector<std::string> leaving;              ///< names in STATE that go away, if they are there
    std::vector<std::string> coming;               ///< names in STATE/restore/new
    std::vector<std::filesystem::path> elsewhere;  ///< files outside; their bytes are at waiting_beside
};

/// Makes the plan what counts. Everything that it names must be durable. Then come `place_elsewhere` for what it names
/// outside STATE, and `finish_restore`. Errors: those of writing files; where there is no journal STATE is as it was.
[[nodiscard]] base::Result<void> note_restore(base::FileSystem& files, const std::filesystem::path& state_directory,
                                              const RestorePlan& plan);

/// Gives a file outside STATE the bytes that wait beside it; where none do it was done before. Errors:
/// unavailable/restore_unfinished, with the command that does it.
[[nodiscard]] base::Result<void> place_elsewhere(base::FileSystem& files, const std::filesystem::path& file);

enum class Finished {
    nothing,           ///< there was nothing to finish
    state,             ///< the state folder is the restored one
    state_and_others,  ///< files outside of it, too
};

/// Finishes a restore that was interrupted after it counted. The journal is obeyed, which STATE's owner may have
/// written: never to be called with more rights than that one has. Errors: unavailable/restore_unfinished (a file could
/// not be renamed), io/restore_damaged; then it is tried again with the next call.
[[nodiscard]] base::Result<Finished> finish_restore(base::FileSystem& files,
                                                    const std::filesystem::path& state_directory);

/// Makes room for another restore where `finish_restore` fails: STATE/restore is laid aside. Errors: those of renaming.
[[nodiscard]] base::Result<void> give_up(base::FileSystem& files, const std::filesystem::path& state_directory);
/// Undoes that, where no other restore counted meanwhile, and removes what that one left; whether there was anything to
/// undo. The next `finish_restore` does it too. Errors: those of removing and renaming.
[[nodiscard]] base::Result<bool> take_back(base::FileSystem& files, const std::filesystem::path& state_directory);

}  // namespace gatehouse::config
