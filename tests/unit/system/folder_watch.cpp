#include "server/system/folder_watch.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <utility>

namespace folder_watch_test {

using namespace gatehouse;
using system::FolderWatch;
using system::Lookups;
namespace fs = std::filesystem;

namespace {

// A watch on a folder of its own, in which the name "cert" matters.
class Watched {
public:
    explicit Watched(bool started = true) {
        if (!started) return;
        watch->start();
        watch->set(cert());
    }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() { watch->stop(); }

    [[nodiscard]] Lookups cert() const { return {{folder.path(), {"cert"}}}; }
    // Whether anything was told since. The kernel has queued what happened in a folder when the call that did it
    // returns.
    [[nodiscard]] bool told() {
        io_.restart();
        io_.poll();
        return std::exchange(told_, 0) > 0;
    }

    tests::Folder folder;

private:
    boost::asio::io_context io_;
    int told_ = 0;

public:
    tests::CapturedErrors errors;
    base::Log log;
    std::shared_ptr<FolderWatch> watch = std::make_shared<FolderWatch>(io_.get_executor(), log, [this] { ++told_; });
};

}  // namespace

TEST_CASE("what happens to a name that matters is told, what happens to others is not") {
    Watched watched;
    CHECK_FALSE(watched.told());
    watched.folder.write("other", "x");
    CHECK_FALSE(watched.told());
    watched.folder.write("cert", "x");
    CHECK(watched.told());
    CHECK_FALSE(watched.told());
    fs::rename(watched.folder / "cert", watched.folder / "aside");
    CHECK(watched.told());
    fs::rename(watched.folder / "aside", watched.folder / "cert");
    CHECK(watched.told());
    fs::permissions(watched.folder / "cert", fs::perms(0600));
    CHECK(watched.told());
    fs::remove(watched.folder / "other");
    CHECK_FALSE(watched.told());
    fs::remove(watched.folder / "cert");
    CHECK(watched.told());
    fs::create_symlink("anywhere", watched.folder / "cert");
    CHECK(watched.told());
}

TEST_CASE("a file that is being written is told when its writer closes it") {
    Watched watched;
    watched.folder.write("cert", "x");
    CHECK(watched.told());
    {
        std::ofstream writer(watched.folder / "cert", std::ios::app);
        CHECK_FALSE(watched.told());
        writer << "half" << std::flush;
        CHECK_FALSE(watched.told());
    }
    CHECK(watched.told());
}

TEST_CASE("it listens to the folders and names that were set last, and to no others") {
    Watched watched;
    fs::create_directory(watched.folder / "sub");
    watched.watch->set({{watched.folder / "sub", {"key"}}});
    watched.folder.write("cert", "x");
    CHECK_FALSE(watched.told());
    watched.folder.write("sub/key", "x");
    CHECK(watched.told());
    watched.watch->set({{watched.folder / "sub", {"cert"}}});
    watched.folder.write("sub/key", "y");
    CHECK_FALSE(watched.told());
}

TEST_CASE("one folder that is reached by two paths is heard for the names of both") {
    Watched watched;
    fs::create_directory(watched.folder / "sub");
    watched.watch->set({{watched.folder / "sub", {"key"}}, {watched.folder / "sub/.", {"cert"}}});
    watched.folder.write("sub/key", "x");
    CHECK(watched.told());
    watched.folder.write("sub/cert", "x");
    CHECK(watched.told());
}

TEST_CASE("the end of a folder is told, and one that takes its place is heard once it is set") {
    Watched watched;
    const Lookups sub{{watched.folder / "sub", {"cert"}}};
    fs::create_directory(watched.folder / "sub");
    watched.watch->set(sub);
    fs::remove(watched.folder / "sub");
    CHECK(watched.told());
    fs::create_directory(watched.folder / "sub");
    watched.watch->set(sub);
    watched.folder.write("sub/cert", "x");
    CHECK(watched.told());
    fs::rename(watched.folder / "sub", watched.folder / "gone");
    CHECK(watched.told());
}

TEST_CASE("a folder that is missing does not keep the others from being heard") {
    Watched watched;
    Lookups lookups = watched.cert();
    lookups[watched.folder / "missing"] = {"cert"};
    watched.watch->set(lookups);
    watched.folder.write("cert", "x");
    CHECK(watched.told());
    CHECK(watched.errors.text().empty());
}

TEST_CASE("once it has stopped nothing is told any more") {
    Watched watched;
    watched.folder.write("cert", "x");
    watched.watch->stop();
    CHECK_FALSE(watched.told());
    watched.watch->set(watched.cert());
    watched.folder.write("cert", "y");
    CHECK_FALSE(watched.told());
}

TEST_CASE("where the kernel gives no inotify this is logged, and nothing is told") {
    Watched watched(false);
    rlimit former{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &former) == 0);
    const rlimit none{0, former.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    watched.watch->start();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &former) == 0);
    CHECK(watched.errors.text().find("system.inotify: ") != std::string::npos);
    watched.watch->set(watched.cert());
    watched.folder.write("cert", "x");
    CHECK_FALSE(watched.told());
}

}  // namespace folder_watch_test
