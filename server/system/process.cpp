#include "server/system/process.hpp"

#include "base/advice.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <system_error>

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

std::filesystem::path credentials_of_service() {
    if (std::filesystem::path own = credentials_directory(); !own.empty()) return own;
    std::filesystem::path of_unit = "/run/credentials/gatehouse.service";
    std::error_code unseen;  // not there, or not for this user: as if the unit had none
    return std::filesystem::is_directory(of_unit, unseen) ? of_unit : std::filesystem::path();
}

}  // namespace gatehouse::system
