#include "config/state_lock.hpp"

#include "base/advice.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gatehouse::config {

base::Result<base::Descriptor> lock_state(const std::filesystem::path& state_directory) {
    std::error_code error;
    if (!std::filesystem::exists(state_directory, error)) {
        std::filesystem::create_directories(state_directory.parent_path(), error);
        if (::mkdir(state_directory.c_str(), 0700) != 0 && errno != EEXIST) {
            return base::fail(base::ErrorKind::io, "state_not_made",
                              "The state directory " + state_directory.string() +
                                  " could not be made: " + base::words_of(errno) + ".",
                              errno == EROFS ? base::advice_to_open_for_writing()
                                             : "Make it, owned by the service's user, or change \"state_directory\".");
        }
    }
    const std::string path = state_directory / "lock";
    base::Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) {
        return base::fail(base::ErrorKind::io, "state_not_writable",
                          path + " could not be opened: " + base::words_of(errno) + ".",
                          errno == EROFS ? base::advice_to_open_for_writing()
                                         : "The state directory must be writable by the user the daemon runs as.");
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 32> owner{};
        const ssize_t got = ::pread(lock.get(), owner.data(), owner.size() - 1, 0);
        return base::fail(
            base::ErrorKind::conflict, "state_locked",
            "Another process" + (got > 0 ? " (pid " + std::string(owner.data()) + ")" : std::string()) +
                " uses the state directory " + state_directory.string() + ".",
            "Stop it first (a gatehoused, or the restore of a backup), or give each its own \"state_directory\".");
    }
    const std::string pid = std::to_string(getpid());
    // The number only serves the message above; the lock holds without it.
    if (::ftruncate(lock.get(), 0) == 0) (void)!::pwrite(lock.get(), pid.data(), pid.size(), 0);
    return lock;
}

}  // namespace gatehouse::config
