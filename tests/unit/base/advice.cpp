#include "base/advice.hpp"

#include "tests/unit/base/another_user.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace advice_test {

using gatehouse::base::advice_to_change_mode;
using gatehouse::base::advice_to_give;
using gatehouse::base::mode_text;
using gatehouse::base::shell_quoted;
using gatehouse::base::user_name;
using gatehouse::tests::AnotherUser;
using gatehouse::tests::Folder;
namespace fs = std::filesystem;

TEST_CASE("a path that a shell takes as it is stays as it is") {
    CHECK(shell_quoted("/var/lib/gate-house/cert_1.pem") == "/var/lib/gate-house/cert_1.pem");
}

TEST_CASE("a path that a shell would take apart is quoted") {
    CHECK(shell_quoted("/tmp/a b") == "'/tmp/a b'");
    CHECK(shell_quoted("/tmp/$(reboot)") == "'/tmp/$(reboot)'");
    CHECK(shell_quoted("/tmp/it's") == "'/tmp/it'\\''s'");
    CHECK(shell_quoted("") == "''");
}

TEST_CASE("a path that a command would take for an option is made none") {
    CHECK(shell_quoted("-rf") == "'./-rf'");
}

TEST_CASE("a user without a name is told by number") {
    CHECK(user_name(0) == "root");
    CHECK(user_name(3999999999U) == "3999999999");
}

TEST_CASE("root is told to chown or chmod only where nobody else can say what that changes") {
    if (::geteuid() != 0) return;
    const Folder roots;
    const Folder theirs;
    constexpr uid_t user = AnotherUser::id;
    REQUIRE(::chmod(roots.path().c_str(), 0755) == 0);
    REQUIRE(::chown(theirs.path().c_str(), user, user) == 0);
    fs::create_directory(roots / "open");
    fs::create_directory(roots / "sticky");
    REQUIRE(::chmod((roots / "open").c_str(), 0777) == 0);
    REQUIRE(::chmod((roots / "sticky").c_str(), 01777) == 0);
    for (const char* name : {"key", "open/key", "sticky/key", "sticky/foreign"})
        roots.write(name, "");
    theirs.write("key", "");
    REQUIRE(::chown((roots / "sticky/foreign").c_str(), user, user) == 0);
    fs::create_symlink("key", roots / "link");
    fs::create_symlink(roots.path(), roots / "again");
    fs::create_symlink("../" + roots.path().filename().string() + "/key", roots / "around");
    fs::create_symlink(theirs.path(), roots / "leads");
    fs::create_symlink("circle", roots / "circle");
    fs::create_symlink(roots / "key", theirs / "link");

    for (const char* name :
         {"key", "none", "none/key", "sticky/key", "link", "again/key", "again/again/link", "around"}) {
        INFO(name);
        CHECK(advice_to_give(roots / name, user) == "Run: chown nobody " + (roots / name).string());
        CHECK(advice_to_change_mode(roots / name, 0, user, "0600") == "Run: chmod 0600 " + (roots / name).string());
    }
    for (const fs::path& path :
         {roots / "open/key", roots / "open/none", roots / "sticky/foreign", roots / "sticky/none", roots / "leads/key",
          roots / "circle", theirs / "key", theirs / "link", theirs / "none"}) {
        INFO(path);
        CHECK_THAT(advice_to_give(path, user), Catch::StartsWith("Run: gatehousectl adopt.") &&
                                                   Catch::Contains("as nobody") && !Catch::Contains(path.string()));
        CHECK(advice_to_change_mode(path, 0, user, "0600") == advice_to_give(path, user));
        CHECK(advice_to_change_mode(path, user, user, "u+r") == "Run: runuser -u nobody -- chmod u+r " + path.string());
        CHECK(advice_to_change_mode(path, 0, 0, "u+r") == advice_to_give(path, 0));
    }
}

TEST_CASE("modes are written as chmod takes them") {
    CHECK(mode_text(0640) == "0640");
    CHECK(mode_text(0100600) == "0600");
    CHECK(mode_text(04755) == "4755");
}

}  // namespace advice_test
