// DNS servers for the tests: the real dnsmasq; one that never answers; one that answers as it is told, for what no real
// server can be made to say.
#pragma once

#include "base/descriptor.hpp"
#include "server/net/endpoint.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/net/process.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gatehouse::net::testing {

/// dnsmasq on 127.0.0.1: knows what its hosts file and options say about "test", refuses all other names. Has answered
/// once when the constructor returns.
class Dnsmasq {
public:
    explicit Dnsmasq(const std::string& hosts, const std::vector<std::string>& options = {});

    [[nodiscard]] Endpoint endpoint() const { return endpoint_; }
    /// Its log, which has a line for each question: "query[A] NAME from ADDRESS".
    [[nodiscard]] std::string log() const { return process_->output(); }
    /// How often the log says so.
    [[nodiscard]] std::size_t count(std::string_view text) const;
    void stop() { process_.reset(); }

private:
    tests::Folder folder_;
    Endpoint endpoint_;
    std::unique_ptr<Process> process_;
};

/// A UDP socket of 127.0.0.1 on a free port.
class UdpSocket {
public:
    UdpSocket();
    [[nodiscard]] Endpoint endpoint() const { return endpoint_; }
    [[nodiscard]] int number() const { return socket_.get(); }
    /// Questions that came since the last time.
    [[nodiscard]] std::size_t received() const;

private:
    base::Descriptor socket_;
    Endpoint endpoint_;
};

/// Answers each question with what `answer` makes of it, on a thread of its own; "" is no answer.
class ScriptedServer {
public:
    using Answer = std::function<std::string(const std::string& question)>;
    explicit ScriptedServer(Answer answer);
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    ~ScriptedServer();
    [[nodiscard]] Endpoint endpoint() const { return socket_.endpoint(); }

private:
    void serve();

    UdpSocket socket_;
    Answer answer_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

/// Whether a DNS message asks for AAAA.
[[nodiscard]] bool asks_for_ipv6(const std::string& question);
/// The question as a reply with this code (RFC 1035, 4.1.1) and no records.
[[nodiscard]] std::string reply_with_code(std::string question, int code);
/// The question answered with 192.0.2.1.
[[nodiscard]] std::string reply_with_address(std::string question);

}  // namespace gatehouse::net::testing
