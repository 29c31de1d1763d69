#include "config/state_lock.hpp"

#include "tests/unit/base/another_user.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace state_lock_test {

using namespace gatehouse;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

base::Error failure_of(const fs::path& state) {
    const auto lock = config::lock_state(state);
    REQUIRE_FALSE(lock);
    return lock.error();
}

}  // namespace

TEST_CASE("a state directory has one user at a time, who is named, and is free again when that one is gone") {
    const tests::Folder folder;
    const fs::path state = folder / "var/lib/state";
    auto lock = config::lock_state(state);
    REQUIRE(lock);
    CHECK(mode_of(state) == 0700);
    CHECK(mode_of(state / "lock") == 0600);
    const base::Error taken = failure_of(state);
    CHECK(taken.kind == base::ErrorKind::conflict);
    CHECK(taken.code == "state_locked");
    CHECK(taken.message ==
          "Another process (pid " + std::to_string(::getpid()) + ") uses the state directory " + state.string() + ".");
    CHECK(config::lock_state(folder / "another"));
    lock = base::Descriptor();
    CHECK(config::lock_state(state));
}

TEST_CASE("a lock that a daemon with a longer number left behind is taken, and says the new number") {
    const tests::Folder folder;
    folder.write("lock", "99999999999999999999");
    const auto lock = config::lock_state(folder.path());
    REQUIRE(lock);
    CHECK(fs::file_size(folder / "lock") == std::to_string(::getpid()).size());
}

TEST_CASE("a state directory that is there keeps its mode") {
    const tests::Folder folder;
    REQUIRE(::chmod(folder.path().c_str(), 0750) == 0);
    CHECK(config::lock_state(folder.path()));
    CHECK(mode_of(folder.path()) == 0750);
}

TEST_CASE("a state directory that cannot be made or written is told") {
    const tests::Folder folder;
    folder.write("file", "");
    const base::Error made = failure_of(folder / "file/state");
    CHECK(made.kind == base::ErrorKind::io);
    CHECK(made.code == "state_not_made");
    fs::create_symlink(folder / "elsewhere", folder / "lock");
    CHECK(failure_of(folder.path()).code == "state_not_writable");
    CHECK_FALSE(fs::exists(folder / "elsewhere"));
    fs::remove(folder / "lock");
    REQUIRE(::chmod(folder.path().c_str(), 0711) == 0);
    if (::geteuid() != 0) REQUIRE(::chmod(folder.path().c_str(), 0511) == 0);
    const tests::AnotherUser nobody;
    CHECK(failure_of(folder.path()).code == "state_not_writable");
}

}  // namespace state_lock_test
