#include "base/way.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <fstream>

namespace way_test {
namespace {

using gatehouse::base::way_to;
using gatehouse::tests::Folder;
namespace fs = std::filesystem;
using Stations = std::vector<fs::path>;

// What of the way lies in the test's own folder, the folder left out.
Stations inside(const Folder& folder, const fs::path& path) {
    const fs::path root = folder.path();
    Stations found;
    for (const fs::path& station : way_to(path).stations) {
        const fs::path relative = station.lexically_relative(root);
        if (*relative.begin() != ".." && relative != ".") found.push_back(relative);
    }
    return found;
}

void lay(const fs::path& file) {
    std::ofstream(file) << "x";
}

}  // namespace

TEST_CASE("a way is each folder from the root on, and what lies at its end") {
    const Folder folder;
    fs::create_directories(folder / "a/b");
    lay(folder / "a/b/file");
    CHECK(inside(folder, folder / "a/./b//../b/file") == Stations{"a", "a/b", "a/b", "a/b/file"});
    const auto whole = way_to(folder / "a");
    CHECK(whole.error == 0);
    CHECK(whole.stations.front() == "/");
    CHECK(whole.stations.back() == folder / "a");
}

TEST_CASE("each link on a way is passed with the folder that it lies in, and then what it leads to") {
    const Folder folder;
    fs::create_directories(folder / "roots");
    fs::create_directories(folder / "theirs");
    fs::create_directories(folder / "end");
    lay(folder / "end/file");
    fs::create_symlink(folder / "theirs/hop", folder / "roots/first");
    fs::create_symlink("../end", folder / "theirs/hop");
    CHECK(inside(folder, folder / "roots/first/file") ==
          Stations{"roots", "roots/first", "theirs", "theirs/hop", "end", "end/file"});
}

TEST_CASE("a way ends before what is missing, and where links lead in a circle") {
    const Folder folder;
    fs::create_directories(folder / "a");
    CHECK(inside(folder, folder / "a/nothing/file") == Stations{"a"});
    CHECK(way_to(folder / "a/nothing/file").error == ENOENT);
    fs::create_symlink("nothing", folder / "dangling");
    CHECK(inside(folder, folder / "dangling/file") == Stations{"dangling"});
    fs::create_symlink("two", folder / "one");
    fs::create_symlink("one", folder / "two");
    CHECK(inside(folder, folder / "one").size() == 41);
    CHECK(way_to(folder / "one").error == ELOOP);
}

}  // namespace way_test
