#include "gatehousectl/program.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace program_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;
using std::chrono::seconds;

namespace {

std::string contents(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::string message_of(const Outcome<void>& outcome) {
    return outcome ? "" : outcome.error().error.message;
}

}  // namespace

TEST_CASE("a program gets its arguments as they are, the event on stdin and its variables") {
    const tests::Folder folder;
    const std::string out = (folder / "out").string();
    REQUIRE(::setenv("GATEHOUSE_EVENT", "an older one", 1) == 0);
    const auto ended = run_program(
        {"sh", "-c", "{ cat; echo \"$GATEHOUSE_EVENT|$GATEHOUSE_INTERFACE|$1|${PATH:+path}\"; } > \"$0\"", out,
         "$HOME * 'x'"},
        "{\"event\":1}\n", {{"GATEHOUSE_EVENT", "certificate.changed"}, {"GATEHOUSE_INTERFACE", "clean"}}, seconds(30));
    CHECK(message_of(ended).empty());
    CHECK(contents(folder / "out") == "{\"event\":1}\ncertificate.changed|clean|$HOME * 'x'|path\n");
}

TEST_CASE("a program that does not read its input does no harm") {
    CHECK(run_program({"true"}, std::string(60000, 'x'), {}, seconds(30)));
}

TEST_CASE("how a program failed is told") {
    CHECK(message_of(run_program({"no-such-program"}, "", {}, seconds(30))) ==
          "no-such-program cannot be started: No such file or directory.");
    CHECK(message_of(run_program({"/"}, "", {}, seconds(30))) == "/ cannot be started: Permission denied.");
    CHECK(message_of(run_program({"sh", "-c", "exit 7"}, "", {}, seconds(30))) == "sh ended with 7.");
    CHECK(message_of(run_program({"sh", "-c", "kill -TERM $$"}, "", {}, seconds(30))) == "sh was ended by signal 15.");
}

TEST_CASE("a program that does not end is killed") {
    CHECK(message_of(run_program({"sleep", "600"}, "", {}, seconds(0))) ==
          "sleep had not ended after 0 seconds; it was killed.");
}

TEST_CASE("a program that is not there or may not be run is misuse, told with why") {
    const tests::Folder folder;
    folder.write("plain", "no program");
    folder.write("tool", "#!/bin/sh\n");
    std::filesystem::permissions(folder / "tool", std::filesystem::perms::owner_all);
    CHECK(find_program("sh"));
    CHECK(find_program((folder / "tool").string()));
    for (const std::string& name : {std::string("no-such-program-anywhere"), (folder / "none").string(),
                                    (folder / "plain").string(), folder.path().string(), std::string()}) {
        INFO(name);
        const auto found = find_program(name);
        REQUIRE_FALSE(found);
        CHECK(found.error().exit == Exit::usage);
        CHECK(found.error().error.message.find("cannot be run: ") != std::string::npos);
    }
    CHECK(find_program((folder / "plain").string()).error().error.advice.find("chmod +x") != std::string::npos);
}

}  // namespace program_test
