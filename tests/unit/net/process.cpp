#include "tests/unit/net/process.hpp"

#include "base/descriptor.hpp"
#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace gatehouse::net::testing {

Process::Process(const std::vector<std::string>& command, const std::string& package, std::filesystem::path output)
    : output_(std::move(output)) {
    INFO(command.front() << " is not installed. Run: sh packaging/install-packages tests/packages (it lists " << package
                         << ")");
    REQUIRE(::access(command.front().c_str(), X_OK) == 0);

    std::vector<char*> arguments;
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));  // execv does not write
    arguments.push_back(nullptr);
    base::Descriptor file(::open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    std::array<int, 2> input{};
    REQUIRE(file);
    REQUIRE(::pipe2(input.data(), O_CLOEXEC) == 0);
    input_ = input[1];
    const base::Descriptor its_input(input[0]);
    const pid_t test = ::getpid();
    id_ = ::fork();
    REQUIRE(id_ >= 0);
    if (id_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies leaves no server behind
    if (::getppid() == test && ::dup2(its_input.get(), STDIN_FILENO) >= 0 && ::dup2(file.get(), STDOUT_FILENO) >= 0 &&
        ::dup2(file.get(), STDERR_FILENO) >= 0) {
        ::execv(arguments.front(), arguments.data());
    }
    ::_exit(127);
}

Process::~Process() {
    if (id_ > 0) {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    ::close(input_);
}

std::string Process::output() const {
    return certstore::testing::read_text(output_);
}

bool Process::running() {
    if (id_ > 0 && ::waitpid(id_, nullptr, WNOHANG) == id_) id_ = -1;
    return id_ > 0;
}

bool Process::wait_until(const std::function<bool()>& ready) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!ready()) {
        if (!running() || std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

std::uint16_t free_port() {
    for (int attempt = 0; attempt < 100; ++attempt) {
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof any;
        const base::Descriptor udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const base::Descriptor tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        auto* const address = reinterpret_cast<sockaddr*>(&any);
        if (::bind(udp.get(), address, size) == 0 && ::getsockname(udp.get(), address, &size) == 0 &&
            ::bind(tcp.get(), address, size) == 0) {
            return ntohs(any.sin_port);
        }
    }
    FAIL("no port is free for both UDP and TCP");
    return 0;
}

}  // namespace gatehouse::net::testing
