#include "gatehousectl/backup/work_folder.hpp"

#include "base/advice.hpp"
#include "gatehousectl/backup/names.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

namespace fs = std::filesystem;

tl::unexpected<base::Error> not_made(const fs::path& path, const std::string& why) {
    return base::fail(base::ErrorKind::io, "file_io", path.string() + " can't be worked in: " + why + ".",
                      "The copy of the database lies there while a backup is made. Where a backup left it that is "
                      "made no more, run: rm -r " +
                          base::shell_quoted(path));
}

std::error_code clear(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        fs::remove_all(entry->path(), error);
        if (error) break;
    }
    return error;
}

}  // namespace

WorkFolder::WorkFolder(fs::path path, Owner owner, base::Descriptor lock)
    : path_(std::move(path)), owner_(std::move(owner)), lock_(std::move(lock)) {}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : path_(std::exchange(other.path_, fs::path())), owner_(std::move(other.owner_)), lock_(std::move(other.lock_)) {}

WorkFolder::~WorkFolder() {
    if (path_.empty()) return;
    const auto rights = AsOwner::begin(owner_);
    if (!rights) return;
    std::error_code error;  // what stays is cleared away by the next one
    fs::remove_all(path_, error);
}

base::Result<WorkFolder> WorkFolder::open(const fs::path& state_directory, Owner owner) {
    const auto rights = AsOwner::begin(owner);
    if (!rights) return base::fail(rights.error());
    const fs::path path = state_directory / work_name;
    constexpr mode_t own = 0700;
    if (::mkdir(path.c_str(), own) != 0 && errno != EEXIST) return not_made(path, base::words_of(errno));
    base::Descriptor lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!lock) return not_made(path, base::words_of(errno));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::fail(base::ErrorKind::conflict, "backup_running", "Another backup of this box is being made.",
                          "Try again when it has ended.");
    }
    struct stat facts {};
    if (::fstat(lock.get(), &facts) != 0 || facts.st_uid != ::geteuid()) {
        return not_made(path, "it belongs to another user");
    }
    if (const std::error_code error = clear(path)) return not_made(path, error.message());
    return WorkFolder(path, std::move(owner), std::move(lock));
}

}  // namespace gatehouse::gatehousectl::backup
