#include "gatehousectl/socket_path.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace socket_path_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;

namespace {

struct Found {
    std::string path;
    std::string named_by;
    Exit exit = Exit::fine;
    std::string told;
};

Found find(const tests::Folder& folder, const std::filesystem::path& socket,
           const std::filesystem::path& configuration) {
    std::ostringstream err;
    const auto found = find_socket(base::SystemFiles(), socket, configuration, err, folder / "default.json");
    if (!found) return {"", "", found.error().exit, found.error().error.text()};
    return {found->path.string(), found->named_by, Exit::fine, err.str()};
}

const std::string standard = "/run/gatehouse/console.sock";

}  // namespace

TEST_CASE("the socket is the one named, else the configuration's, else the default") {
    const tests::Folder folder;
    CHECK(find(folder, "", "").path == standard);
    folder.write("default.json", R"({"console_socket": "/run/a.sock"})");
    CHECK(find(folder, "", "").path == "/run/a.sock");
    CHECK(find(folder, "", "").named_by == (folder / "default.json").string());
    folder.write("own.json", R"(// a comment
        {"console_socket": "/run/b.sock", "state_directory": "/s"})");
    CHECK(find(folder, "", folder / "own.json").path == "/run/b.sock");
    CHECK(find(folder, "/run/c.sock", folder / "own.json").path == "/run/c.sock");
    folder.write("own.json", "{}");
    CHECK(find(folder, "", folder / "own.json").path == standard);
}

TEST_CASE("a mistake elsewhere in the configuration does not keep root from the console") {
    const tests::Folder folder;
    folder.write("own.json", R"({"workers": "two", "unknown": 1, "console_socket": "/run/b.sock"})");
    CHECK(find(folder, "", folder / "own.json").path == "/run/b.sock");
    for (const std::string text : {"{", R"({"console_socket": 7})", R"({"console_socket": "relative"})"}) {
        folder.write("default.json", text);
        const Found found = find(folder, "", "");
        CHECK(found.path == standard);
        CHECK(found.told.find("default.json") != std::string::npos);
    }
}

TEST_CASE("a configuration that was named must be one") {
    const tests::Folder folder;
    CHECK(find(folder, "", folder / "none.json").exit == Exit::usage);
    for (const std::string text : {"{", R"({"console_socket": 7})", R"({"console_socket": "relative"})"}) {
        folder.write("own.json", text);
        const Found found = find(folder, "", folder / "own.json");
        CHECK(found.exit == Exit::usage);
        CHECK(found.told.find("own.json") != std::string::npos);
        CHECK(found.told.find("or name the socket with --socket PATH.") != std::string::npos);
    }
}

}  // namespace socket_path_test
