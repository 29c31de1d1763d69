#include "gatehousectl/output.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/gatehousectl/pseudo_terminal.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/stat.h>

namespace output_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;

namespace fs = std::filesystem;

namespace {

using namespace std::string_literals;

// A console whose stdout is a terminal or a pipe; nothing is asked of a daemon.
class Front {
public:
    explicit Front(bool shown) : terminal_(pipe_.out(), shown ? screen_.terminal() : pipe_.in(), pipe_.in()) {}

    Outcome<void> put(const fs::path& file, std::string_view bytes) { return put_out(console_, file, bytes); }
    [[nodiscard]] std::string said() const { return out_.str(); }

private:
    tests::PseudoTerminal screen_;
    tests::Pipe pipe_;
    Terminal terminal_;
    Client client_{ConsoleSocket{"/nowhere", "the test"}};
    std::ostringstream out_;
    std::ostringstream err_;
    Console console_{client_, terminal_, out_, err_, false};
};

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

const std::string binary = "\x30\x82\0\xff"s;

}  // namespace

TEST_CASE("without a file, or with -, it goes to stdout as it is") {
    for (const char* file : {"", "-"}) {
        Front front(false);
        CHECK(front.put(file, binary));
        CHECK(front.said() == binary);
    }
}

TEST_CASE("a terminal is shown text, and nothing else") {
    Front front(true);
    CHECK(front.put("", "-----BEGIN\r\n\tx\n"));
    CHECK(front.said() == "-----BEGIN\r\n\tx\n");
    for (const std::string& other : {binary, "\x1b[31m"s, "z\xC3\xBC"s, "\x7f"s}) {
        const auto refused = front.put("-", other);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().exit == Exit::refused);
        CHECK(refused.error().error.code == "not_for_terminals");
    }
    CHECK(front.said() == "-----BEGIN\r\n\tx\n");
}

TEST_CASE("a file gets all of it, whatever stdout is, and in place of what was there") {
    const tests::Folder folder;
    Front front(true);
    CHECK(front.put(folder / "new", binary));
    CHECK(content(folder / "new") == binary);
    CHECK(front.put(folder / "new", "x"));
    CHECK(content(folder / "new") == "x");
    CHECK(front.put(folder / "new", ""));
    CHECK(content(folder / "new").empty());
    CHECK(front.said().empty());
}

TEST_CASE("a link stays a link and a file keeps its mode") {
    const tests::Folder folder;
    folder.write("file", "before");
    REQUIRE(::chmod((folder / "file").c_str(), 0600) == 0);
    fs::create_symlink("file", folder / "link");
    CHECK(Front(false).put(folder / "link", "after"));
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(content(folder / "file") == "after");
    CHECK((fs::status(folder / "file").permissions() & fs::perms::mask) == fs::perms(0600));
    CHECK(Front(false).put("/dev/null", "gone"));
}

TEST_CASE("what cannot be written is told with the file and the reason") {
    const tests::Folder folder;
    for (const fs::path& file : {folder / "none/below", folder.path(), fs::path("/dev/full")}) {
        const auto refused = Front(false).put(file, "x");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().exit == Exit::refused);
        CHECK(refused.error().error.code == "file_unwritable");
        CHECK(refused.error().error.message.starts_with(file.string() + " can't be written: "));
    }
}

}  // namespace output_test
