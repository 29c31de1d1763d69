#include "gatehousectl/connection.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <cstring>
#include <future>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

namespace connection_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds patience = std::chrono::minutes(1);  // longer than a test waits for anything
constexpr milliseconds impatience{20};

// A daemon that accepts and does nothing of its own accord.
class Daemon {
public:
    explicit Daemon(int backlog = 8, int kind = SOCK_STREAM) : listener_(::socket(AF_UNIX, kind | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, socket.path.c_str(), socket.path.native().size());
        REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        if (kind == SOCK_STREAM) REQUIRE(::listen(listener_.get(), backlog) == 0);
    }

    [[nodiscard]] Connection connect() const {
        auto connection = Connection::open(socket, patience);
        REQUIRE(connection);
        return std::move(*connection);
    }
    [[nodiscard]] base::Descriptor accept() const {
        base::Descriptor taken(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        REQUIRE(taken);
        tests::be_patient(taken);
        return taken;
    }

private:
    tests::Folder folder_;

public:
    ConsoleSocket socket{folder_ / "s", "--socket"};

private:
    base::Descriptor listener_;
};

template <class T>
std::string code_of(const Outcome<T>& outcome) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().exit == Exit::unreachable);
    return outcome.error().error.code;
}

// Whether the daemon took all of it; it must not have failed.
bool took(Connection& connection, std::string_view bytes) {
    const auto sent = connection.send(bytes, Deadline(patience));
    REQUIRE(sent);
    return *sent;
}

std::string received(Connection& connection) {
    std::array<char, 64> bytes{};
    const auto count = connection.receive(bytes, Deadline(patience));
    REQUIRE(count);
    return {bytes.data(), *count};
}

}  // namespace

TEST_CASE("what is sent arrives, and what comes is received until the daemon closes") {
    const Daemon daemon;
    Connection connection = daemon.connect();
    CHECK(took(connection, "question"));
    base::Descriptor taken = daemon.accept();
    std::string heard;
    CHECK(tests::receive_some(taken, heard) == tests::End::open);
    CHECK(heard == "question");
    CHECK_FALSE(connection.has_something(milliseconds(0)));
    REQUIRE(tests::send_all(taken, "answer"));
    CHECK(connection.has_something(patience));
    CHECK(received(connection) == "answer");
    taken = base::Descriptor();
    CHECK(connection.has_something(patience));
    CHECK(received(connection).empty());
}

TEST_CASE("a daemon that says nothing is told as silent, with how long it was waited for") {
    const Daemon daemon;
    Connection connection = daemon.connect();
    std::array<char, 64> bytes{};
    const auto nothing = connection.receive(bytes, Deadline(impatience));
    CHECK(code_of(nothing) == "daemon_silent");
    CHECK(nothing.error().error.message.find(daemon.socket.path.string()) != std::string::npos);
    CHECK_FALSE(nothing.error().error.advice.empty());
}

TEST_CASE("a daemon that takes nothing is silent; one that answers or closes before the end has been heard") {
    const std::string large(4UL * 1024 * 1024, 'x');
    const Daemon daemon;
    Connection unheard = daemon.connect();
    CHECK(code_of(unheard.send(large, Deadline(impatience))) == "daemon_silent");
    base::Descriptor first = daemon.accept();

    Connection refused = daemon.connect();
    const base::Descriptor second = daemon.accept();
    REQUIRE(tests::send_all(second, "no"));
    CHECK_FALSE(took(refused, large));
    CHECK(received(refused) == "no");

    Connection broken = daemon.connect();
    base::Descriptor third = daemon.accept();
    CHECK(took(broken, "some"));
    third = base::Descriptor();
    CHECK_FALSE(took(broken, large));
    CHECK(received(broken).empty());  // a reset: it had not read all of it
}

TEST_CASE("where as many wait as may, the next one waits for its turn, or is told that the daemon is silent") {
    const Daemon daemon(0);
    const Connection first = daemon.connect();
    CHECK(code_of(Connection::open(daemon.socket, impatience)) == "daemon_silent");
    auto second = std::async(std::launch::async, [&] { return Connection::open(daemon.socket, patience).has_value(); });
    const base::Descriptor taken = daemon.accept();
    CHECK(second.get());
}

TEST_CASE("what is there and is no console socket is told as such") {
    const Daemon other(0, SOCK_DGRAM);
    CHECK(code_of(Connection::open(other.socket, patience)) == "daemon_unknown");
}

TEST_CASE("a socket that is not there is not running, and one that cannot be is a mistake of the command line") {
    const tests::Folder folder;
    const auto missing = Connection::open({folder / "none", "the default"}, patience);
    CHECK(code_of(missing) == "daemon_not_running");
    CHECK(missing.error().error.message.find("(from the default)") != std::string::npos);
    const auto impossible = Connection::open({"", "--socket"}, patience);
    REQUIRE_FALSE(impossible);
    CHECK(impossible.error().exit == Exit::usage);
}

}  // namespace connection_test
