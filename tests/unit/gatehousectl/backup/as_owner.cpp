#include "gatehousectl/backup/as_owner.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace as_owner_test {
namespace {

using gatehouse::gatehousectl::backup::AsOwner;
using gatehouse::gatehousectl::backup::Owner;
using gatehouse::tests::Folder;
namespace fs = std::filesystem;

constexpr uid_t nobody = 65534;

// Whose rights are had for that file.
uid_t rights_for(const fs::path& file) {
    const Owner owner{nobody, nobody, {nobody}};
    const auto rights = AsOwner::begin_for(file, owner);
    REQUIRE(rights);
    return ::geteuid();
}

}  // namespace

TEST_CASE(
    "root stays root only where the owner can exchange nothing on the way, links and what only root sees included") {
    if (::geteuid() != 0) return;
    // Not below /tmp, where anybody can make names.
    const Folder roots("/run");
    REQUIRE(::chmod(roots.path().c_str(), 0755) == 0);
    fs::create_directories(roots / "state/certs");
    fs::create_directories(roots / "closed");
    fs::create_directories(roots / "pairs");
    for (const char* theirs : {"state", "state/certs"})
        REQUIRE(::chown((roots / theirs).c_str(), nobody, nobody) == 0);
    REQUIRE(::chmod((roots / "closed").c_str(), 0700) == 0);
    fs::create_symlink(roots / "state/certs", roots / "link");
    fs::create_symlink(roots / "state/certs", roots / "closed/link");

    CHECK(rights_for(roots / "pairs/cert.key") == 0);
    CHECK(rights_for(roots / "closed/cert.key") == 0);
    CHECK(rights_for(roots / "state/cert.key") == nobody);
    CHECK(rights_for(roots / "link/cert.key") == nobody);
    CHECK(rights_for(roots / "closed/link/cert.key") == nobody);
    // The owner leads the link of root's to a folder of root's.
    fs::remove(roots / "state/certs");
    fs::create_symlink(roots / "closed", roots / "state/certs");
    CHECK(rights_for(roots / "link/cert.key") == nobody);
    CHECK(rights_for(roots / "closed/link/cert.key") == nobody);
    CHECK(::geteuid() == 0);
}

}  // namespace as_owner_test
