#include "server/net/port_owner.hpp"

#include "tests/unit/base/another_user.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace port_owner_test {

using gatehouse::base::Descriptor;
using gatehouse::net::port_owner;
using namespace gatehouse;

namespace {

// Another process that has our descriptors and does nothing. It ends with the test.
class Bystander {
public:
    explicit Bystander(const char* name) : pid_(::fork()) {
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::prctl(PR_SET_NAME, name);
            for (;;)
                ::pause();
        }
        REQUIRE(pid_ > 0);
        // Its name says that it came as far as this.
        REQUIRE(tests::eventually([&] { return command() == name; }));
    }
    Bystander(const Bystander&) = delete;
    Bystander& operator=(const Bystander&) = delete;
    ~Bystander() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    [[nodiscard]] std::string command() const {
        std::ifstream file("/proc/" + std::to_string(pid_) + "/comm");
        std::string line;
        std::getline(file, line);
        return line;
    }
    pid_t pid_;
};

Descriptor listening_on_ipv6() {
    Descriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_addr = in6addr_loopback;
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) return {};
    REQUIRE(::listen(socket.get(), 1) == 0);
    return socket;
}

}  // namespace

TEST_CASE("the owner of a port is told by command and process") {
    const Descriptor listening = tests::listening_socket();
    CHECK_THAT(port_owner(tests::port_of(listening)), Catch::EndsWith(" (pid " + std::to_string(::getpid()) + ")"));
}

TEST_CASE("the owner may be another process, under whatever name it gives itself") {
    Descriptor listening = tests::listening_socket();
    const std::uint16_t port = tests::port_of(listening);
    const Bystander other("web (old) srv");
    listening = Descriptor();
    CHECK(port_owner(port) == "web (old) srv (pid " + std::to_string(other.pid()) + ")");
}

TEST_CASE("a port that is listened on over IPv6 has an owner too") {
    const Descriptor listening = listening_on_ipv6();
    if (!listening) return;  // a machine without IPv6
    sockaddr_in6 own{};
    socklen_t size = sizeof own;
    REQUIRE(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
    CHECK_THAT(port_owner(ntohs(own.sin6_port)), Catch::Contains("(pid " + std::to_string(::getpid()) + ")"));
}

TEST_CASE("who is connected from a port, or was, does not own it") {
    tests::Wire wire = tests::tcp_wire();
    const std::uint16_t from = tests::port_of(wire.client);
    const std::uint16_t to = tests::port_of(wire.server);  // nobody listens there any more
    CHECK(port_owner(from).empty());
    CHECK(port_owner(to).empty());
    wire.client = Descriptor();
    CHECK(port_owner(to).empty());
}

TEST_CASE("a port that nobody listens on has no owner") {
    Descriptor listening = tests::listening_socket();
    const std::uint16_t port = tests::port_of(listening);
    listening = Descriptor();
    CHECK(port_owner(port).empty());
}

TEST_CASE("an owner that belongs to another user is not told") {
    if (::geteuid() != 0) return;  // root alone can be two users
    Descriptor listening = tests::listening_socket();
    const std::uint16_t port = tests::port_of(listening);
    const Bystander other("somebody");
    listening = Descriptor();
    REQUIRE_FALSE(port_owner(port).empty());
    const tests::AnotherUser nobody;
    CHECK(port_owner(port).empty());
}

}  // namespace port_owner_test
