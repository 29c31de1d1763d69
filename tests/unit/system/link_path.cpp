#include "server/system/link_path.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

namespace link_path_test {

using namespace gatehouse;
namespace fs = std::filesystem;

namespace {

// The lookups in and below the test's folder; those above it are the same for all.
system::Lookups lookups_below(const fs::path& top, const fs::path& path) {
    system::Lookups all;
    system::add_lookups(path, all);
    std::erase_if(all, [&](const auto& entry) { return !entry.first.string().starts_with(top.string()); });
    return all;
}

}  // namespace

TEST_CASE("a plain path depends on its own name and on every folder above it") {
    const tests::Folder folder;
    fs::create_directories(folder / "state/clean");
    system::Lookups lookups;
    system::add_lookups(folder / "state/clean/cert.pem", lookups);
    CHECK(lookups.at(folder.path()) == std::set<std::string>{"state"});
    CHECK(lookups.at(folder / "state") == std::set<std::string>{"clean"});
    CHECK(lookups.at(folder / "state/clean") == std::set<std::string>{"cert.pem"});
    CHECK(lookups.contains("/"));
}

TEST_CASE("a path through certbot's links depends on the folder of the link and on that of its target") {
    const tests::Folder folder;
    fs::create_directories(folder / "live/host");
    fs::create_directories(folder / "archive/host");
    fs::create_symlink("../../archive/host/cert1.pem", folder / "live/host/cert.pem");
    folder.write("archive/host/cert1.pem", "1");
    CHECK(lookups_below(folder.path(), folder / "live/host/cert.pem") ==
          system::Lookups{{folder.path(), {"live", "archive"}},
                          {folder / "live", {"host"}},
                          {folder / "live/host", {"cert.pem"}},
                          {folder / "archive", {"host"}},
                          {folder / "archive/host", {"cert1.pem"}}});
}

TEST_CASE("a path through a Kubernetes volume depends on ..data and on the folder that it names") {
    const tests::Folder folder;
    fs::create_directories(folder / "..2024_1");
    folder.write("..2024_1/tls.crt", "1");
    fs::create_symlink("..2024_1", folder / "..data");
    fs::create_symlink("..data/tls.crt", folder / "tls.crt");
    CHECK(lookups_below(folder.path(), folder / "tls.crt") ==
          system::Lookups{{folder.path(), {"tls.crt", "..data", "..2024_1"}}, {folder / "..2024_1", {"tls.crt"}}});
}

TEST_CASE("an absolute link leads to the folders of its target from the root on") {
    const tests::Folder folder;
    fs::create_directories(folder / "real");
    folder.write("real/cert.pem", "1");
    fs::create_symlink(folder / "real", folder / "link");
    const auto lookups = lookups_below(folder.path(), folder / "link/./cert.pem");
    CHECK(lookups == system::Lookups{{folder.path(), {"link", "real"}}, {folder / "real", {"cert.pem"}}});
}

TEST_CASE("where a folder is missing the way ends at the name that would reopen it") {
    const tests::Folder folder;
    CHECK(lookups_below(folder.path(), folder / "not/there/cert.pem") == system::Lookups{{folder.path(), {"not"}}});
}

TEST_CASE("a circle of links ends instead of going on for ever") {
    const tests::Folder folder;
    fs::create_symlink("b", folder / "a");
    fs::create_symlink("a", folder / "b");
    CHECK(lookups_below(folder.path(), folder / "a") == system::Lookups{{folder.path(), {"a", "b"}}});
}

}  // namespace link_path_test
