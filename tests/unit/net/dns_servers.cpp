#include "tests/unit/net/dns_servers.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace gatehouse::net::testing {

namespace pki = certstore::testing;

namespace {

constexpr int question_type_from_end = 4;  // type and class, two bytes each, end a question

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

// Whether the server answers a question about ready.test by now.
bool answers(std::uint16_t port) {
    const base::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    const std::string question("\x12\x34\1\0\0\1\0\0\0\0\0\0\5ready\4test\0\0\1\0\1", 28);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(socket.get(), question.data(), question.size(), 0) < 0) {
        return false;
    }
    pollfd wait{socket.get(), POLLIN, 0};
    std::array<char, 512> bytes{};
    return ::poll(&wait, 1, 200) == 1 && ::recv(socket.get(), bytes.data(), bytes.size(), 0) > 0;
}

}  // namespace

Dnsmasq::Dnsmasq(const std::string& hosts, const std::vector<std::string>& options) {
    pki::write_text(folder_ / "hosts", hosts, 0644);
    // Another program may take the port first; then there is another one.
    for (int attempt = 0; attempt < 10; ++attempt) {
        endpoint_ = {Address::parse("127.0.0.1").value(), free_port()};
        std::vector<std::string> command{"/usr/sbin/dnsmasq",
                                         "--no-daemon",
                                         "--conf-file=/dev/null",
                                         "--no-resolv",
                                         "--no-hosts",
                                         "--no-poll",
                                         "--addn-hosts=" + (folder_ / "hosts").string(),
                                         "--local=/test/",
                                         "--listen-address=127.0.0.1",
                                         "--bind-interfaces",
                                         "--port=" + std::to_string(endpoint_.port),
                                         "--log-queries",
                                         "--log-facility=-"};
        command.insert(command.end(), options.begin(), options.end());
        process_ = std::make_unique<Process>(command, "dnsmasq-base", folder_ / "log");
        if (process_->wait_until([&] { return answers(endpoint_.port); })) return;
    }
    FAIL("dnsmasq does not start: " << process_->output());
}

std::size_t Dnsmasq::count(std::string_view text) const {
    const std::string all = log();
    std::size_t found = 0;
    for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1))
        ++found;
    return found;
}

UdpSocket::UdpSocket() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    endpoint_ = {Address::parse("127.0.0.1").value(), ntohs(address.sin_port)};
}

std::size_t UdpSocket::received() const {
    std::array<char, 512> bytes{};
    std::size_t count = 0;
    while (::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) >= 0)
        ++count;
    return count;
}

ScriptedServer::ScriptedServer(Answer answer) : answer_(std::move(answer)), thread_([this] { serve(); }) {}

ScriptedServer::~ScriptedServer() {
    stopping_ = true;
    thread_.join();
}

void ScriptedServer::serve() {
    while (!stopping_) {
        pollfd wait{socket_.number(), POLLIN, 0};
        if (::poll(&wait, 1, 50) != 1) continue;
        std::array<char, 512> bytes{};
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const ssize_t got =
            ::recvfrom(socket_.number(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got <= 0) continue;
        const std::string reply = answer_(std::string(bytes.data(), static_cast<std::size_t>(got)));
        if (reply.empty()) continue;
        ::sendto(socket_.number(), reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }
}

bool asks_for_ipv6(const std::string& question) {
    constexpr char aaaa = 28;
    return question.at(question.size() - question_type_from_end + 1) == aaaa;
}

std::string reply_with_code(std::string question, int code) {
    question.at(2) = static_cast<char>(0x81);  // a reply, recursion desired
    question.at(3) = static_cast<char>(0x80 | code);
    return question;
}

std::string reply_with_address(std::string question) {
    std::string reply = reply_with_code(std::move(question), 0);
    reply.at(7) = 1;  // one record: the name asked for, A, IN, 60 s, 4 bytes
    return reply + std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", 16);
}

}  // namespace gatehouse::net::testing
