#include "server/system/process.hpp"

#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace process_test {

using namespace gatehouse;

TEST_CASE("systemd's credentials lie where it says, or nowhere") {
    {
        const tests::Environment environment("CREDENTIALS_DIRECTORY", "/run/credentials/gatehouse.service");
        CHECK(system::credentials_directory() == "/run/credentials/gatehouse.service");
    }
    const tests::Environment environment("CREDENTIALS_DIRECTORY", nullptr);
    CHECK(system::credentials_directory().empty());
}

TEST_CASE("a prepared process leaves no core dump, survives a closed pipe, and may open what its limit allows") {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {  // which says by its exit code what is missing
        if (!system::prepare_process()) ::_exit(1);
        rlimit core{1, 1};
        rlimit files{};
        if (::getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0) ::_exit(2);
        if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur != files.rlim_max) ::_exit(3);
        if (::prctl(PR_GET_DUMPABLE) != 0) ::_exit(4);
        ::raise(SIGPIPE);
        ::_exit(0);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace process_test
