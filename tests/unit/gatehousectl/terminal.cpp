#include "gatehousectl/terminal.hpp"

#include "gatehousectl/input.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/gatehousectl/pseudo_terminal.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <future>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>

namespace terminal_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;
using gatehouse::tests::Pipe;
using gatehouse::tests::PseudoTerminal;

namespace {

// Asks in another thread, as the tool does in its own.
template <class Ask>
auto asking(const Ask& ask) {
    return std::async(std::launch::async, ask);
}

std::string text_of(const Outcome<base::Secret>& secret) {
    return secret ? std::string(secret->reveal()) : "failed: " + secret.error().error.code;
}

}  // namespace

TEST_CASE("a secret is asked for without showing what is typed") {
    PseudoTerminal screen;
    const Terminal terminal(screen.terminal(), screen.terminal(), screen.terminal());
    REQUIRE(terminal.can_ask());
    auto answer = asking([&] { return terminal.ask_secret("Passphrase: "); });
    CHECK(screen.shown("Passphrase: ") == "Passphrase: ");
    CHECK_FALSE(screen.echoes());
    screen.type("open sesame\n");
    CHECK(text_of(answer.get()) == "open sesame");
    CHECK(screen.echoes());
    CHECK(screen.shown("\n") == "Passphrase: \r\n");
}

TEST_CASE("a new secret is typed twice, and taken only where both are the same") {
    PseudoTerminal screen;
    const Terminal terminal(screen.terminal(), screen.terminal(), screen.terminal());
    const SecretQuestion question{"password", "New password", "", true};
    for (const std::string second : {"correct horse", "correct house"}) {
        auto answer = asking([&] { return obtain(terminal, question); });
        screen.type("correct horse\n" + second + "\n");
        const auto secret = answer.get();
        CHECK(text_of(secret) == (second == "correct horse" ? second : "failed: not_the_same"));
    }
    CHECK(screen.shown("").find("horse") == std::string::npos);
}

TEST_CASE("a question that only yes answers") {
    PseudoTerminal screen;
    const Terminal terminal(screen.terminal(), screen.terminal(), screen.terminal());
    for (const std::string typed : {"y\n", "Yes\n", "n\n", "\n", "yesterday\n", "\x04"}) {
        auto answer = asking([&] { return terminal.ask_yes("Go on?"); });
        screen.type(typed);
        CHECK(*answer.get() == (typed == "y\n" || typed == "Yes\n"));
    }
    CHECK(screen.shown("Go on? [y/N] ").find("Go on? [y/N] ") != std::string::npos);
}

TEST_CASE("Ctrl-C while a secret is typed ends the tool and leaves the terminal as it was") {
    PseudoTerminal screen;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::setsid();
        ::ioctl(screen.terminal(), TIOCSCTTY, 0);
        ::signal(SIGINT, SIG_DFL);
        const Terminal terminal(screen.terminal(), screen.terminal(), screen.terminal());
        const auto secret = terminal.ask_secret("Passphrase: ");
        ::_exit(secret ? 0 : 1);
    }
    screen.shown("Passphrase: ");
    CHECK_FALSE(screen.echoes());
    screen.type("half\x03");
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGINT);
    CHECK(screen.echoes());
}

TEST_CASE("without a terminal one line of stdin is read, and not a byte more") {
    const Pipe pipe("first line\r\nsecond\nrest");
    const Terminal terminal(pipe.out(), pipe.out(), pipe.out());
    CHECK_FALSE(terminal.can_ask());
    CHECK(terminal.width() == 0);
    CHECK(text_of(obtain(terminal, {"passphrase", "?", ""})) == "first line");
    CHECK(text_of(terminal.read_line()) == "second");
    CHECK(text_of(terminal.read_line()) == "rest");
    CHECK(text_of(obtain(terminal, {"passphrase", "?", ""})) == "failed: secret_missing");
}

TEST_CASE("a secret is neither empty nor endless") {
    for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
             {"\nx", "failed: secret_missing"},
             {std::string(1024, 'p') + "\n", std::string(1024, 'p')},
             {std::string(1025, 'p') + "\n", "failed: secret_too_long"},
             {std::string(5000, 'p') + "\n", "failed: line_too_long"},
         }) {
        const Pipe pipe(text);
        CHECK(text_of(obtain(Terminal(pipe.out(), pipe.out(), pipe.out()), {"passphrase", "?", ""})) == expected);
    }
}

TEST_CASE("a file's first line is the secret, whoever sits in front") {
    const tests::Folder folder;
    const PseudoTerminal screen;
    const Terminal terminal(screen.terminal(), screen.terminal(), screen.terminal());
    const auto from = [&](std::string_view text) {
        folder.write("secret", text);
        return text_of(obtain(terminal, {"passphrase", "?", folder / "secret"}));
    };
    CHECK(from("pass phrase\n") == "pass phrase");
    CHECK(from("pass phrase") == "pass phrase");
    CHECK(from("pass phrase\r\nmore") == "pass phrase");
    CHECK(from(" kept as is \n") == " kept as is ");
    CHECK(from("") == "failed: secret_missing");
    CHECK(from("\n") == "failed: secret_missing");
    CHECK(text_of(obtain(terminal, {"passphrase", "?", folder / "none"})) == "failed: file_unreadable");
    CHECK(text_of(obtain(terminal, {"passphrase", "?", folder.path()})) == "failed: file_unreadable");
}

TEST_CASE("input comes from files and pipes up to a bound") {
    const tests::Folder folder;
    folder.write("ten", "0123456789");
    CHECK(text_of(read_input(folder / "ten", 10)) == "0123456789");
    CHECK(text_of(read_input(folder / "ten", 9)) == "failed: file_too_large");
    const auto fifo = folder / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    std::jthread writer([&] { folder.write("fifo", "through a pipe"); });
    CHECK(text_of(read_input(fifo, 100)) == "through a pipe");
}

TEST_CASE("the terminal's width is known") {
    const PseudoTerminal screen;
    const Terminal terminal(screen.terminal(), screen.terminal(), screen.terminal());
    screen.set_width(132);
    CHECK(terminal.width() == 132);
    screen.set_width(0);  // as serial consoles say
    CHECK(terminal.width() == 80);
}

}  // namespace terminal_test
