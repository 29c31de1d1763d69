// The file system as Gatehouse uses it: bounded reads and durable writes. FileSystem is the seam at which the fault
// tests fail each step; SystemFiles is the real one and has no state. Blocking: never call it on an I/O thread.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace gatehouse::base {

/// What tells one state of a file from another without reading it. Times in nanoseconds since the epoch.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Identity plus who may do what with it.
struct FileFacts {
    FileIdentity identity;
    uid_t owner = 0;
    gid_t group = 0;
    mode_t mode = 0;  ///< permission bits only (07777)
    std::uint64_t links = 0;
    bool regular = false;
    bool symlink = false;  ///< only ever true from `link_facts`
    friend bool operator==(const FileFacts&, const FileFacts&) = default;
};

/// A file's bytes and the facts of the very descriptor they were read from.
struct FileContents {
    Secret bytes;
    FileFacts facts;
};

/// Whether the last component of a path may be a symbolic link.
enum class Links { follow, refuse };

/// A new file while it is written piece by piece. Closed with the object; whether it stays is its owner's business. One
/// thread at a time.
class GrowingFile {
public:
    GrowingFile() = default;
    GrowingFile(const GrowingFile&) = delete;
    GrowingFile& operator=(const GrowingFile&) = delete;
    virtual ~GrowingFile() = default;

    /// Writes `bytes` behind what is there; not yet durable. Errors: io/disk_full, io/file_io.
    [[nodiscard]] virtual Result<void> append(std::string_view bytes) = 0;
    /// fsync(2).
    [[nodiscard]] virtual Result<void> sync() = 0;
};

class FileSystem {
public:
    FileSystem() = default;
    FileSystem(const FileSystem&) = delete;
    FileSystem& operator=(const FileSystem&) = delete;
    virtual ~FileSystem() = default;

    /// Reads a regular file of at most `limit` bytes. Errors: not_found/file_missing, io/file_denied,
    /// input/file_not_regular, input/file_too_large, io/file_io, io/disk_full.
    [[nodiscard]] virtual Result<FileContents> read(const std::filesystem::path& path, std::size_t limit,
                                                    Links links = Links::follow) const = 0;
    /// stat(2), following links.
    [[nodiscard]] virtual Result<FileFacts> facts(const std::filesystem::path& path) const = 0;
    /// lstat(2).
    [[nodiscard]] virtual Result<FileFacts> link_facts(const std::filesystem::path& path) const = 0;
    /// Names in a folder, sorted; without . and ..
    [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::filesystem::path& folder) const = 0;

    /// Bytes that a process without privileges may still write on the file system that the folder lies on.
    [[nodiscard]] virtual Result<std::uint64_t> free_bytes(const std::filesystem::path& folder) const = 0;

    /// Creates a new, empty file, which must not exist (conflict/file_exists), for what comes in pieces.
    [[nodiscard]] virtual Result<std::unique_ptr<GrowingFile>> create(const std::filesystem::path& path,
                                                                      mode_t mode) = 0;
    /// Creates a new file (fails if it exists: conflict/file_exists) and writes `bytes`; not yet durable.
    [[nodiscard]] virtual Result<void> write_new(const std::filesystem::path& path, std::string_view bytes,
                                                 mode_t mode) = 0;
    /// fsync(2) of a file.
    [[nodiscard]] virtual Result<void> sync(const std::filesystem::path& path) = 0;
    /// fsync(2) of a folder, which makes names in it durable.
    [[nodiscard]] virtual Result<void> sync_folder(const std::filesystem::path& folder) = 0;
    [[nodiscard]] virtual Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    /// Writes zeros over all bytes of a regular file that is no link, and fsyncs it.
    [[nodiscard]] virtual Result<void> overwrite(const std::filesystem::path& path) = 0;
    /// Removing what is not there is no error.
    [[nodiscard]] virtual Result<void> remove(const std::filesystem::path& path) = 0;
    /// The same of a folder with all that is in it. Links go, and are not followed. Errors: io/file_io.
    [[nodiscard]] virtual Result<void> remove_tree(const std::filesystem::path& folder) = 0;
    /// Makes one folder (parents too) with `mode`; one that exists is no error and keeps its mode.
    [[nodiscard]] virtual Result<void> make_folder(const std::filesystem::path& folder, mode_t mode) = 0;
};

/// The machine's own file system.
class SystemFiles final : public FileSystem {
public:
    [[nodiscard]] Result<FileContents> read(const std::filesystem::path& path, std::size_t limit,
                                            Links links = Links::follow) const override;
    [[nodiscard]] Result<FileFacts> facts(const std::filesystem::path& path) const override;
    [[nodiscard]] Result<FileFacts> link_facts(const std::filesystem::path& path) const override;
    [[nodiscard]] Result<std::vector<std::string>> list(const std::filesystem::path& folder) const override;
    [[nodiscard]] Result<std::uint64_t> free_bytes(const std::filesystem::path& folder) const override;
    [[nodiscard]] Result<std::unique_ptr<GrowingFile>> create(const std::filesystem::path& path, mode_t mode) override;
    [[nodiscard]] Result<void> write_new(const std::filesystem::path& path, std::string_view bytes,
                                         mode_t mode) override;
    [[nodiscard]] Result<void> sync(const std::filesystem::path& path) override;
    [[nodiscard]] Result<void> sync_folder(const std::filesystem::path& folder) override;
    [[nodiscard]] Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    [[nodiscard]] Result<void> overwrite(const std::filesystem::path& path) override;
    [[nodiscard]] Result<void> remove(const std::filesystem::path& path) override;
    [[nodiscard]] Result<void> remove_tree(const std::filesystem::path& folder) override;
    [[nodiscard]] Result<void> make_folder(const std::filesystem::path& folder, mode_t mode) override;
};

/// Writes all of `bytes` to an open file. 0, or errno.
[[nodiscard]] int write_all(int descriptor, std::string_view bytes);

/// Replaces `path` so that a reader, or the machine after a power cut, sees the old bytes or the new, never a mixture:
/// temporary file beside it, fsync, rename, fsync of the folder.
[[nodiscard]] Result<void> write_atomically(FileSystem& files, const std::filesystem::path& path,
                                            std::string_view bytes, mode_t mode);

/// Removes the file and makes that durable; one that is not there is no error. With `expected` only that very state of
/// the file is removed: another (a new file under the name) is left alone, conflict/file_changed.
[[nodiscard]] Result<void> remove_durably(FileSystem& files, const std::filesystem::path& path,
                                          const std::optional<FileIdentity>& expected = std::nullopt);

/// Overwrites the file's bytes, removes it and makes that durable. For what held a secret. A file that may be removed
/// but not written (it belongs to another user) is removed all the same; one that is not there is no error.
/// `expected` as with remove_durably.
[[nodiscard]] Result<void> shred(FileSystem& files, const std::filesystem::path& path,
                                 const std::optional<FileIdentity>& expected = std::nullopt);

}  // namespace gatehouse::base
