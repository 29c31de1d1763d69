#include "base/files.hpp"

#include "base/descriptor.hpp"
#include "base/file_errors.hpp"
#include "base/hex.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace gatehouse::base {

namespace {

namespace fs = std::filesystem;

// Closes now, because some file systems tell of a failed write only here. 0, or errno.
int close_checked(Descriptor& file) {
    return ::close(file.release()) == 0 || errno == EINTR ? 0 : errno;
}

int open_retrying(const fs::path& path, int flags, mode_t mode = 0) {
    int number = -1;
    do {
        number = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode);
    } while (number < 0 && errno == EINTR);
    return number;
}

tl::unexpected<Error> not_regular(const fs::path& path, std::string_view what) {
    return fail(ErrorKind::input, "file_not_regular", path.string() + " is " + std::string(what) + ".",
                "Put a regular file in its place.");
}

FileFacts facts_of(const struct stat& status) {
    constexpr std::int64_t second = 1'000'000'000;
    FileFacts facts;
    facts.identity.device = status.st_dev;
    facts.identity.inode = status.st_ino;
    facts.identity.size = static_cast<std::uint64_t>(status.st_size);
    facts.identity.modified_ns = status.st_mtim.tv_sec * second + status.st_mtim.tv_nsec;
    facts.identity.changed_ns = status.st_ctim.tv_sec * second + status.st_ctim.tv_nsec;
    facts.owner = status.st_uid;
    facts.group = status.st_gid;
    facts.mode = status.st_mode & 07777U;
    facts.links = status.st_nlink;
    facts.regular = S_ISREG(status.st_mode);
    facts.symlink = S_ISLNK(status.st_mode);
    return facts;
}

// Opens a regular file and nothing else; O_NONBLOCK, because opening a FIFO would wait for its other end.
Result<Descriptor> open_regular(const fs::path& path, int flags, Links links, std::string_view action,
                                struct stat& status) {
    const int no_follow = links == Links::refuse ? O_NOFOLLOW : 0;
    Descriptor file(open_retrying(path, flags | O_NONBLOCK | no_follow));
    const Need need = flags == O_RDONLY ? Need::read : Need::write;
    if (!file) {
        const int error = errno;
        struct stat link {};
        const bool is_link = ::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
        if (error == ELOOP && links == Links::refuse && is_link) return not_regular(path, "a symbolic link");
        if (error == ENXIO) return not_regular(path, "a socket, pipe or device");
        if (error == EISDIR) return not_regular(path, "a folder");
        return failure(error, action, path, need);
    }
    if (::fstat(file.get(), &status) != 0) return failure(errno, action, path, need);
    if (!S_ISREG(status.st_mode)) return not_regular(path, S_ISDIR(status.st_mode) ? "a folder" : "no regular file");
    return file;
}

int sync_descriptor(int number) {
    int outcome = 0;
    do {
        outcome = ::fsync(number);
    } while (outcome != 0 && errno == EINTR);
    return outcome == 0 ? 0 : errno;
}

Result<void> sync_opened(const fs::path& path, int flags) {
    const Descriptor file(open_retrying(path, flags));
    if (!file) return failure(errno, "opened", path, Need::read);
    if (const int error = sync_descriptor(file.get())) return failure(error, "written to disk", path, Need::write);
    return {};
}

// Opens a file that must not exist yet.
Result<Descriptor> create_new(const fs::path& path, mode_t mode) {
    Descriptor file(open_retrying(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode & 0600U));
    if (!file) return failure(errno, "created", path, Need::change_folder);
    if (::fchmod(file.get(), mode) == 0) return file;  // the umask must have no say
    const int error = errno;
    ::unlink(path.c_str());
    return failure(error, "given its mode", path, Need::write);
}

class SystemGrowingFile final : public GrowingFile {
public:
    SystemGrowingFile(Descriptor file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}

    Result<void> append(std::string_view bytes) override {
        if (const int error = write_all(file_.get(), bytes)) return failure(error, "written", path_, Need::write);
        return {};
    }
    Result<void> sync() override {
        const int error = sync_descriptor(file_.get());
        if (error != 0) return failure(error, "written to disk", path_, Need::write);
        return {};
    }

private:
    Descriptor file_;
    fs::path path_;
};

// A name beside `path` that no one else uses.
fs::path temporary_beside(const fs::path& path) {
    std::array<char, 8> noise{};
    // Up to 256 bytes getrandom never gives less; were it to fail, the name would collide and be refused, not reused.
    if (::getrandom(noise.data(), noise.size(), 0) < 0) noise.fill(0);
    return path.parent_path() / ("." + path.filename().string() + "." + to_hex({noise.data(), noise.size()}) + ".tmp");
}

}  // namespace

Result<FileContents> SystemFiles::read(const fs::path& path, std::size_t limit, Links links) const {
    struct stat status {};
    const auto file = open_regular(path, O_RDONLY, links, "read", status);
    if (!file) return fail(file.error());

    // One byte more than allowed tells a file that is too large from one that just fits. The size is only a guess,
    // since the file may grow while it is read (and files of /proc have none).
    const std::size_t most = limit == std::numeric_limits<std::size_t>::max() ? limit : limit + 1;
    const auto hint = static_cast<std::uint64_t>(status.st_size) + 1;
    Secret bytes(hint < most ? static_cast<std::size_t>(hint) : most);
    std::size_t size = 0;
    while (size < most) {
        if (size == bytes.size()) {
            Secret larger(size < most / 2 ? std::max<std::size_t>(size * 2, 4096) : most);
            std::memcpy(larger.writable(), bytes.reveal().data(), size);
            bytes = std::move(larger);
        }
        const ssize_t got = ::read(file->get(), bytes.writable() + size, bytes.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure(errno, "read", path, Need::read);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > limit) {
        return fail(ErrorKind::input, "file_too_large",
                    path.string() + " is larger than " + std::to_string(limit) + " bytes.");
    }
    bytes.shrink(size);
    return FileContents{std::move(bytes), facts_of(status)};
}

Result<FileFacts> SystemFiles::facts(const fs::path& path) const {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return failure(errno, "examined", path, Need::read);
    return facts_of(status);
}

Result<FileFacts> SystemFiles::link_facts(const fs::path& path) const {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return failure(errno, "examined", path, Need::read);
    return facts_of(status);
}

Result<std::vector<std::string>> SystemFiles::list(const fs::path& folder) const {
    std::error_code error;
    std::vector<std::string> names;
    fs::directory_iterator entry(folder, error);
    while (!error && entry != fs::directory_iterator()) {
        names.push_back(entry->path().filename().string());
        entry.increment(error);
    }
    if (error) return failure(error.value(), "listed", folder, Need::read);
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::uint64_t> SystemFiles::free_bytes(const fs::path& folder) const {
    struct statvfs status {};
    int outcome = 0;
    do {
        outcome = ::statvfs(folder.c_str(), &status);
    } while (outcome != 0 && errno == EINTR);
    if (outcome != 0) return failure(errno, "examined", folder, Need::read);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<std::unique_ptr<GrowingFile>> SystemFiles::create(const fs::path& path, mode_t mode) {
    auto file = create_new(path, mode);
    if (!file) return fail(std::move(file.error()));
    return std::make_unique<SystemGrowingFile>(std::move(*file), path);
}

Result<void> SystemFiles::write_new(const fs::path& path, std::string_view bytes, mode_t mode) {
    auto file = create_new(path, mode);
    if (!file) return fail(std::move(file.error()));
    int error = write_all(file->get(), bytes);
    const int closed = close_checked(*file);
    if (error == 0) error = closed;
    if (error == 0) return {};
    ::unlink(path.c_str());
    return failure(error, "written", path, Need::write);
}

Result<void> SystemFiles::sync(const fs::path& path) {
    return sync_opened(path, O_RDONLY | O_NONBLOCK);
}

Result<void> SystemFiles::sync_folder(const fs::path& folder) {
    return sync_opened(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
}

Result<void> SystemFiles::rename(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return failure(errno, "renamed to " + to.string(), from, Need::change_folder);
}

Result<void> SystemFiles::overwrite(const fs::path& path) {
    struct stat status {};
    auto file = open_regular(path, O_WRONLY, Links::refuse, "overwritten", status);
    if (!file) return fail(file.error());
    static constexpr std::array<char, 4096> zeros{};
    int error = 0;
    for (auto left = static_cast<std::uint64_t>(status.st_size); left > 0 && error == 0;) {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, zeros.size()));
        error = write_all(file->get(), {zeros.data(), part});
        left -= part;
    }
    if (error == 0) error = sync_descriptor(file->get());
    const int closed = close_checked(*file);
    if (error == 0) error = closed;
    if (error != 0) return failure(error, "overwritten", path, Need::write);
    return {};
}

Result<void> SystemFiles::remove(const fs::path& path) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    const int error = errno;
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
        return failure(errno, "removed", path, Need::change_folder);
    }
    return failure(error, "removed", path, Need::change_folder);
}

Result<void> SystemFiles::remove_tree(const fs::path& folder) {
    std::error_code error;
    fs::remove_all(folder, error);
    if (!error) return {};
    // No command: it is something in it that may not be removed.
    return fail(ErrorKind::io, "file_io", folder.string() + " can't be removed: " + error.message() + ".");
}

Result<void> SystemFiles::make_folder(const fs::path& folder, mode_t mode) {
    fs::path walked;
    for (const fs::path& part : folder) {
        walked /= part;
        if (::mkdir(walked.c_str(), mode & 0700U) == 0) {
            // The umask must have no say in what was asked for.
            if (::chmod(walked.c_str(), mode) != 0) return failure(errno, "given its mode", walked, Need::write);
            continue;
        }
        const int error = errno;
        struct stat status {};
        if (::stat(walked.c_str(), &status) == 0) {
            if (S_ISDIR(status.st_mode)) continue;
            return fail(ErrorKind::conflict, "file_exists", walked.string() + " is in the way: it is no folder.",
                        "Move it away.");
        }
        return failure(error, "created", walked, Need::change_folder);
    }
    return {};
}

int write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

Result<void> write_atomically(FileSystem& files, const fs::path& path, std::string_view bytes, mode_t mode) {
    const fs::path temporary = temporary_beside(path);
    Result<void> step = files.write_new(temporary, bytes, mode);
    if (!step) return step;
    step = files.sync(temporary);
    if (step) step = files.rename(temporary, path);
    if (!step) {
        // What matters to the caller is the first failure; a temporary file that stays is harmless.
        const auto removed = files.remove(temporary);
        static_cast<void>(removed);
        return step;
    }
    return files.sync_folder(path.parent_path());
}

namespace {

Result<void> check_unchanged(const FileSystem& files, const fs::path& path,
                             const std::optional<FileIdentity>& expected) {
    if (!expected) return {};
    const auto present = files.link_facts(path);
    if (!present || present->identity == *expected) return {};
    return fail(ErrorKind::conflict, "file_changed", path.string() + " has changed since it was read.");
}

}  // namespace

Result<void> remove_durably(FileSystem& files, const fs::path& path, const std::optional<FileIdentity>& expected) {
    if (auto same = check_unchanged(files, path, expected); !same) return same;
    if (auto removed = files.remove(path); !removed) return removed;
    return files.sync_folder(path.parent_path());
}

Result<void> shred(FileSystem& files, const fs::path& path, const std::optional<FileIdentity>& expected) {
    if (auto same = check_unchanged(files, path, expected); !same) return same;
    auto overwritten = files.overwrite(path);
    if (!overwritten) {
        if (overwritten.error().kind == ErrorKind::not_found) return {};
        // Removing beats leaving it readable; where removing is not allowed either, that error is told.
        if (overwritten.error().code != "file_denied") return overwritten;
    }
    return remove_durably(files, path);
}

}  // namespace gatehouse::base
