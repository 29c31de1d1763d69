#include "server/system/process.hpp"

#include "base/advice.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gatehouse::system {

base::Result<void> prepare_process() {
    std::signal(SIGPIPE, SIG_IGN);
    const rlimit none{0, 0};
    rlimit files{};
    const auto raise = [&] {
        files.rlim_cur = files.rlim_max;
        return setrlimit(RLIMIT_NOFILE, &files);
    };
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0) {
        return base::fail(
            base::ErrorKind::io, "process_not_prepared",
            "Core dumps, which would hold keys, could not be switched off: " + base::words_of(errno) + ".",
            "Set LimitCORE=0 in the unit.");
    }
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || raise() != 0) {
        return base::fail(base::ErrorKind::io, "process_not_prepared",
                          "The limit of open files could not be raised: " + base::words_of(errno) + ".",
                          "Set LimitNOFILE= in the unit.");
    }
    return {};
}

std::filesystem::path credentials_directory() {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    return directory == nullptr ? std::filesystem::path() : std::filesystem::path(directory);
}

base::Result<base::Descriptor> lock_state(const std::filesystem::path& state_directory) {
    std::error_code error;
    if (!std::filesystem::exists(state_directory, error)) {
        std::filesystem::create_directories(state_directory.parent_path(), error);
        if (::mkdir(state_directory.c_str(), 0700) != 0 && errno != EEXIST) {
            return base::fail(base::ErrorKind::io, "state_not_made",
                              "The state directory " + state_directory.string() +
                                  " could not be made: " + base::words_of(errno) + ".",
                              "Make it, owned by the service's user, or change \"state_directory\".");
        }
    }
    const std::string path = state_directory / "lock";
    base::Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) {
        return base::fail(base::ErrorKind::io, "state_not_writable",
                          path + " could not be opened: " + base::words_of(errno) + ".",
                          "The state directory must be writable by the user the daemon runs as.");
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 32> owner{};
        const ssize_t got = ::pread(lock.get(), owner.data(), owner.size() - 1, 0);
        return base::fail(base::ErrorKind::conflict, "state_locked",
                          "Another gatehoused" +
                              (got > 0 ? " (pid " + std::string(owner.data()) + ")" : std::string()) +
                              " uses the state directory " + state_directory.string() + ".",
                          "Stop it first, or give each its own \"state_directory\".");
    }
    const std::string pid = std::to_string(getpid());
    // The number only serves the message above; the lock holds without it.
    if (::ftruncate(lock.get(), 0) == 0) (void)!::pwrite(lock.get(), pid.data(), pid.size(), 0);
    return lock;
}

}  // namespace gatehouse::system
