// Replaces several files as one: after a crash or a power cut at any instant `recover` leaves either all the old files
// or all the new ones. Owned by a Slot, used on its thread only; one replacement at a time. Blocking.
//
// How. In the journal's folder (STATE/DOOR/pending, 0700):
//   new-0, new-1, ...   the new bytes, durable before anything else happens
//   journal             the list: per file its mode, the digests of its old and new bytes, its path. It appears by
//                       rename, durable: from here on there is something to finish or undo.
// Beside each file, then, durable: PATH.gatehouse-new (the new bytes) and PATH.gatehouse-old (a copy of the old ones),
// so that what can fail for want of space has happened before the first rename. Then each .gatehouse-new is renamed
// over its file, the folders are synced, and the journal is removed: done.
//   An error before the first rename changes nothing; after it, the .gatehouse-old copies are renamed back.
//   `recover` reads the journal and then the files. All old: it never began, or was undone. All new: it was done. Some
// old, some new: interrupted between the renames, so the rest is made new from new-N. Anything else: somebody
// replaced the files since, whose choice stands. In every case the journal and the copies are then removed.
#pragma once

#include "base/files.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

/// One file and what it shall hold.
struct Replacement {
    std::filesystem::path path;
    std::string_view bytes;
    mode_t mode = 0600;
};

class Journal {
public:
    Journal(base::FileSystem& files, std::filesystem::path folder);

    /// Replaces all the files or, on error, none. Missing folders are made (0700). Finishes a replacement that was left
    /// half done first. Errors: io and what FileSystem says; conflict/slot_not_writable for an old file that can't be
    /// read, because it could not be put back.
    [[nodiscard]] base::Result<void> replace(std::span<const Replacement> replacements);

    /// Finishes or undoes what a crash interrupted; nothing to do is no error. On error the journal stays, and the next
    /// call tries again.
    [[nodiscard]] base::Result<void> recover();

private:
    struct Entry;
    using Entries = std::vector<Entry>;

    [[nodiscard]] base::Result<Entries> examine(std::span<const Replacement> replacements) const;
    [[nodiscard]] base::Result<void> record(const Entries& entries, std::span<const Replacement> replacements);
    [[nodiscard]] base::Result<void> prepare(const Entries& entries, std::span<const Replacement> replacements);
    [[nodiscard]] base::Result<void> swap(const Entries& entries);
    [[nodiscard]] base::Result<void> restore(const Entries& entries);
    [[nodiscard]] base::Result<void> finish(const Entries& entries);
    [[nodiscard]] base::Result<void> clean(const Entries& entries);
    [[nodiscard]] base::Result<void> sync_folders_of(const Entries& entries);
    [[nodiscard]] base::Result<void> write_durably(const std::filesystem::path& path, std::string_view bytes,
                                                   mode_t mode);
    [[nodiscard]] base::Result<void> make_folder_durably(const std::filesystem::path& folder);
    [[nodiscard]] base::Result<Entries> read_list() const;
    [[nodiscard]] std::filesystem::path list_path() const { return folder_ / "journal"; }
    [[nodiscard]] std::filesystem::path new_path(std::size_t i) const { return folder_ / ("new-" + std::to_string(i)); }

    base::FileSystem* files_;
    std::filesystem::path folder_;
};

}  // namespace gatehouse::certstore
