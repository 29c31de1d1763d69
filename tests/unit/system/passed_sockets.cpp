#include "server/system/passed_sockets.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace passed_sockets_test {

using namespace gatehouse;
using gatehouse::base::Descriptor;

namespace {

Descriptor bound(int type, const char* host, bool listening) {
    const bool v6 = std::string_view(host).find(':') != std::string_view::npos;
    Descriptor socket(::socket(v6 ? AF_INET6 : AF_INET, type, 0));
    int result = -1;
    if (v6) {
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        ::inet_pton(AF_INET6, host, &address.sin6_addr);
        result = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } else {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        ::inet_pton(AF_INET, host, &address.sin_addr);
        result = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    if (result != 0 || (listening && ::listen(socket.get(), 1) != 0)) std::abort();
    return socket;
}

std::uint16_t port_of(const Descriptor& socket) {
    sockaddr_in6 address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) std::abort();
    return ntohs(address.sin6_port);  // at the same place in sockaddr_in
}

// Does `what` in a child that was given these sockets as systemd gives them, from descriptor 3 on, and hands back the
// text it made: a process's first descriptors belong to whoever runs the tests.
std::string in_service(const std::vector<Descriptor>& sockets, const std::string& names,
                       const std::function<std::string()>& what, const char* listen_fds = nullptr) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const int out = ::fcntl(pipe[1], F_DUPFD, 100);
        std::vector<int> kept;
        for (const Descriptor& socket : sockets)
            kept.push_back(::fcntl(socket.get(), F_DUPFD, 100));
        for (std::size_t i = 0; i < kept.size(); ++i)
            ::dup2(kept[i], static_cast<int>(3 + i));
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", listen_fds != nullptr ? listen_fds : std::to_string(sockets.size()).c_str(), 1);
        ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
        const std::string text = what();
        const bool written = ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size());
        ::_exit(written ? 0 : 1);
    }
    ::close(pipe[1]);
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t size = 0; (size = ::read(pipe[0], bytes.data(), bytes.size())) > 0;) {
        text.append(bytes.data(), static_cast<std::size_t>(size));
    }
    ::close(pipe[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    return text;
}

// "clean: ADDRESS FLAGS, ..." or the error.
std::string described() {
    const auto passed = system::passed_sockets();
    if (!passed) return passed.error().code + ": " + passed.error().text();
    std::string text;
    for (const auto interface : config::interfaces) {
        text += std::string(config::name(interface)) + ":";
        for (const auto& socket : (*passed)[interface]) {
            const int number = socket.descriptor.get();
            text += " " + socket.address.text();
            if ((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0) text += "/cloexec";
            if ((::fcntl(number, F_GETFL) & O_NONBLOCK) != 0) text += "/nonblock";
        }
        text += "; ";
    }
    return text + (std::getenv("LISTEN_FDS") == nullptr ? "environment clean" : "environment kept");
}

std::vector<Descriptor> list(Descriptor first) {
    std::vector<Descriptor> sockets;
    sockets.push_back(std::move(first));
    return sockets;
}

config::Settings listening(const std::string& host, std::uint16_t port) {
    config::Settings settings;
    settings.interfaces.clean.listen = {{host, port}};
    settings.interfaces.admin.listen = {{"::", 8443}};
    return settings;
}

}  // namespace

TEST_CASE("sockets passed by systemd come to the doors they are named after, ready for use") {
    auto sockets = list(bound(SOCK_STREAM, "127.0.0.1", true));
    sockets.push_back(bound(SOCK_STREAM, "::1", true));
    sockets.push_back(bound(SOCK_STREAM, "127.0.0.2", true));
    const std::string clean = "127.0.0.1:" + std::to_string(port_of(sockets[0])) + "/cloexec/nonblock";
    const std::string admin = "[::1]:" + std::to_string(port_of(sockets[1])) + "/cloexec/nonblock";
    const std::string second = "127.0.0.2:" + std::to_string(port_of(sockets[2])) + "/cloexec/nonblock";
    CHECK(in_service(sockets, "clean:admin:clean", described) ==
          "clean: " + clean + " " + second + "; admin: " + admin + "; environment clean");
}

TEST_CASE("an IPv4-mapped address of a passed socket is told as IPv4") {
    const auto sockets = list(bound(SOCK_STREAM, "::ffff:127.0.0.1", true));
    const std::string text = in_service(sockets, "clean", described);
    CHECK(text.starts_with("clean: 127.0.0.1:"));
}

TEST_CASE("where systemd passed nothing, there are no sockets and no error") {
    const auto by_hand = [] {
        ::unsetenv("LISTEN_FDS");
        return described();
    };
    CHECK(in_service({}, "", by_hand) == "clean:; admin:; environment clean");
    const auto meant_for_another = [] {
        ::setenv("LISTEN_PID", "1", 1);
        return described();
    };
    CHECK(in_service(list(bound(SOCK_STREAM, "127.0.0.1", true)), "clean", meant_for_another) ==
          "clean:; admin:; environment clean");
}

TEST_CASE("a passed socket with an unknown name is refused with the names that are understood") {
    const auto sockets = list(bound(SOCK_STREAM, "127.0.0.1", true));
    const std::string text = in_service(sockets, "gatehouse-clean.socket", described);
    CHECK(text.starts_with("passed_socket_unknown: "));
    CHECK(text.find("\"gatehouse-clean.socket\"") != std::string::npos);
    CHECK(text.find("clean and admin") != std::string::npos);
    CHECK(text.find("FileDescriptorName=") != std::string::npos);
}

TEST_CASE("a passed socket that does not listen, is a datagram one or no socket is refused by its name") {
    CHECK(in_service(list(bound(SOCK_STREAM, "127.0.0.1", false)), "admin", described)
              .starts_with("passed_socket_unfit: Descriptor 3, passed by systemd as \"admin\","));
    CHECK(
        in_service(list(bound(SOCK_DGRAM, "127.0.0.1", false)), "clean", described).starts_with("passed_socket_unfit"));
    CHECK(in_service(list(Descriptor(::open("/dev/null", O_RDWR | O_CLOEXEC))), "clean", described)
              .starts_with("passed_socket_unfit"));
}

TEST_CASE("variables that make no sense are an error, not a start without sockets") {
    CHECK(in_service(list(bound(SOCK_STREAM, "127.0.0.1", true)), "clean", described, "many")
              .starts_with("passed_sockets_invalid"));
    CHECK(in_service(list(bound(SOCK_STREAM, "127.0.0.1", true)), "clean:admin", described)
              .starts_with("passed_sockets_invalid"));
}

TEST_CASE("after an error no passed socket stays open") {
    auto sockets = list(bound(SOCK_STREAM, "127.0.0.1", true));
    sockets.push_back(bound(SOCK_STREAM, "127.0.0.1", true));
    const auto still_open = [] {
        std::string text = system::passed_sockets() ? "taken" : "refused";
        for (const int number : {3, 4})
            text += ::fcntl(number, F_GETFD) >= 0 ? " open" : " closed";
        return text;
    };
    CHECK(in_service(sockets, "clean:other", still_open) == "refused closed closed");
}

TEST_CASE("passed sockets that are not what the configuration listens on are told for that door alone") {
    system::PassedSockets passed;
    passed.clean.push_back({Descriptor(), {"::", 443}});
    CHECK(system::disagreements(passed, listening("::", 443)).empty());
    const auto sentences = system::disagreements(passed, listening("127.0.0.1", 8000));
    REQUIRE(sentences.size() == 1);
    CHECK(sentences[0].find("clean door listens on [::]:443") != std::string::npos);
    CHECK(sentences[0].find("interfaces.clean.listen says 127.0.0.1:8000") != std::string::npos);
}

TEST_CASE("the order of passed sockets is no disagreement, one more or less is") {
    system::PassedSockets passed;
    passed.clean.push_back({Descriptor(), {"192.0.2.1", 443}});
    passed.clean.push_back({Descriptor(), {"127.0.0.1", 443}});
    auto settings = listening("127.0.0.1", 443);
    CHECK(system::disagreements(passed, settings).size() == 1);
    settings.interfaces.clean.listen.push_back({"192.0.2.1", 443});
    CHECK(system::disagreements(passed, settings).empty());
}

}  // namespace passed_sockets_test
