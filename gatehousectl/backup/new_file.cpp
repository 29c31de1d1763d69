#include "gatehousectl/backup/new_file.hpp"

#include "base/advice.hpp"
#include "base/file_errors.hpp"
#include "base/files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

tl::unexpected<base::Error> there_already(const fs::path& path) {
    return base::fail(ErrorKind::conflict, "file_exists", path.string() + " is there already.",
                      "Choose another name, or replace it with --force.");
}

fs::path folder_of(const fs::path& path) {
    const fs::path parent = path.parent_path();
    return parent.empty() ? "." : parent;
}

// Where the file system does not know how to refuse in the same step, looking first must do.
int rename_to_nothing(const fs::path& from, const fs::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    struct stat found {};
    if (::lstat(to.c_str(), &found) == 0) return EEXIST;
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

NewFile::NewFile(fs::path path, fs::path temporary, base::Descriptor descriptor, Existing existing)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      descriptor_(std::move(descriptor)),
      existing_(existing) {}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, fs::path())),
      descriptor_(std::move(other.descriptor_)),
      existing_(other.existing_) {}

NewFile::~NewFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> NewFile::may_begin(const fs::path& path, Existing existing) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0) {
        if (!S_ISREG(found.st_mode)) {
            return base::fail(ErrorKind::input, "file_not_regular", path.string() + " is there, and no regular file.",
                              "Name a file.");
        }
        if (existing == Existing::refused) return there_already(path);
    }
    if (::faccessat(AT_FDCWD, folder_of(path).c_str(), W_OK | X_OK, AT_EACCESS) != 0)
        return base::not_written(errno, path);
    return {};
}

Result<NewFile> NewFile::begin(const fs::path& path, Existing existing) {
    if (auto possible = may_begin(path, existing); !possible) return base::fail(possible.error());
    struct stat found {};
    // Always the same name, so that what one that was killed left is in nobody's way.
    const fs::path temporary = path.string() + ".partial";
    constexpr mode_t own = 0600;
    base::Descriptor descriptor(::open(temporary.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, own));
    if (!descriptor || ::fstat(descriptor.get(), &found) != 0) return base::not_written(errno, temporary);
    if (!S_ISREG(found.st_mode) || found.st_uid != ::geteuid() || found.st_nlink != 1) {
        return base::fail(ErrorKind::conflict, "file_exists", temporary.string() + " is in the way.", "Move it away.");
    }
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::fail(ErrorKind::conflict, "backup_running", temporary.string() + " is being written already.",
                          "Another backup is under way: try again when it has ended.");
    }
    if (::ftruncate(descriptor.get(), 0) != 0 || ::fchmod(descriptor.get(), own) != 0)
        return base::not_written(errno, temporary);
    return NewFile(path, temporary, std::move(descriptor), existing);
}

Result<std::uint64_t> NewFile::complete() {
    struct stat written {};
    if (::fsync(descriptor_.get()) != 0 || ::fstat(descriptor_.get(), &written) != 0)
        return base::not_written(errno, path_);
    const int error = existing_ == Existing::refused                     ? rename_to_nothing(temporary_, path_)
                      : ::rename(temporary_.c_str(), path_.c_str()) == 0 ? 0
                                                                         : errno;
    if (error == EEXIST) return there_already(path_);
    if (error != 0) return base::not_written(error, path_);
    temporary_.clear();
    base::SystemFiles files;
    if (auto synced = files.sync_folder(folder_of(path_)); !synced) return base::fail(synced.error());
    return static_cast<std::uint64_t>(written.st_size);
}

}  // namespace gatehouse::gatehousectl::backup
