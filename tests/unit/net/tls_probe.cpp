#include "server/net/tls_probe.hpp"

#include "certstore/certificate.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/net/dns_servers.hpp"
#include "tests/unit/net/https_peers.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/net/process.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace tls_probe_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
using net::Address;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace asio = boost::asio;
namespace pki = certstore::testing;

namespace {

using Seen = base::Result<net::Presented>;

// Keys and certificates made with the openssl command.
class Authority {
public:
    Authority() {
        pki::run(folder_.path(),
                 "key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; } && "
                 "key root && openssl req -x509 -new -key root.key -subj /CN=Root -days 30 -out root.pem && "
                 "key middle && openssl req -new -key middle.key -subj /CN=Middle -out middle.csr && "
                 "printf 'basicConstraints=critical,CA:TRUE\\n' > ca.ext && "
                 "openssl x509 -req -in middle.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 "
                 "-extfile ca.ext -out middle.pem && "
                 "key leaf && openssl req -new -key leaf.key -subj /CN=probed.test -out leaf.csr && "
                 "openssl x509 -req -in leaf.csr -CA middle.pem -CAkey middle.key -CAcreateserial -days 30 "
                 "-out leaf.pem && cat middle.pem root.pem > upper.pem && "
                 "openssl req -x509 -newkey rsa:1024 -nodes -sha1 -keyout weak.key -subj /CN=weak.test -days 30 "
                 "-out weak.pem");
    }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return folder_ / name; }
    [[nodiscard]] std::string fingerprint(const std::string& file) const {
        const std::string text = pki::read_text(folder_ / file);
        return certstore::first_fingerprint(text);
    }

private:
    tests::Folder folder_;
};

const Authority& authority() {
    static const Authority made;  // ten commands, once
    return made;
}

// The real `openssl s_server` on 127.0.0.1.
class TlsServer {
public:
    explicit TlsServer(const std::vector<std::string>& options = {}, const std::string& pair = "leaf") {
        std::vector<std::string> command{"/usr/bin/openssl",
                                         "s_server",
                                         "-accept",
                                         "127.0.0.1:0",
                                         "-cert",
                                         (authority() / (pair + ".pem")).string(),
                                         "-key",
                                         (authority() / (pair + ".key")).string(),
                                         "-naccept",
                                         "8"};
        command.insert(command.end(), options.begin(), options.end());
        process_ = std::make_unique<Process>(command, "openssl", folder_ / "log");
        const std::string accept = "ACCEPT 127.0.0.1:";
        const bool ready = process_->wait_until([&] {
            const std::string log = log_text();
            const std::size_t at = log.find(accept);
            if (at == std::string::npos || log.find('\n', at) == std::string::npos) return false;
            port_ = static_cast<std::uint16_t>(std::stoul(log.substr(at + accept.size())));
            return true;
        });
        INFO(log_text());
        REQUIRE(ready);
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string log_text() const { return process_->output(); }
    // It writes when it likes.
    [[nodiscard]] bool wait_for(std::string_view text) const {
        return process_->wait_until([&] { return log_text().find(text) != std::string::npos; });
    }

private:
    tests::Folder folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

// Accepts connections, sends each `greeting`, and closes it at once or, where it is to wait, at the end of the scope.
class PlainServer {
public:
    enum class Then { close, wait };
    PlainServer(std::string greeting, Then then) : greeting_(std::move(greeting)), then_(then) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
        REQUIRE(::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        REQUIRE(::listen(listening_.get(), 8) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    PlainServer(const PlainServer&) = delete;
    PlainServer& operator=(const PlainServer&) = delete;
    ~PlainServer() {
        stopping_ = true;
        thread_.join();
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::size_t accepted() const { return accepted_; }

private:
    void serve() {
        std::vector<base::Descriptor> open;
        while (!stopping_) {
            pollfd wait{listening_.get(), POLLIN, 0};
            if (::poll(&wait, 1, 50) != 1) continue;
            base::Descriptor client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            ++accepted_;
            ::send(client.get(), greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
            if (then_ == Then::wait) {
                open.push_back(std::move(client));
            } else {
                ::shutdown(client.get(), SHUT_WR);
                std::array<char, 1024> rest{};  // else what the client sent would turn our close into a reset
                while (::recv(client.get(), rest.data(), rest.size(), 0) > 0) {
                }
            }
        }
    }

    std::string greeting_;
    Then then_;
    base::Descriptor listening_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port_ = 0;
    std::atomic<std::size_t> accepted_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

// As in production, but for the one address at which the tests' servers are.
base::Result<void> loopback_too(const Address& address) {
    if (address == Address::parse("127.0.0.1")) return {};
    return net::refuse_forbidden(address);
}

struct Probing {
    tests::Folder folder;
    Loop loop;
    net::Resolver resolver{loop.io.get_executor(), {}, {folder / "hosts", folder / "resolv.conf"}};

    Seen look(const std::string& host, std::uint16_t port, const net::AddressPolicy& policy = loopback_too,
              std::chrono::milliseconds patience = seconds(60), const net::Origin& origin = {}) {
        net::TlsProbe probe({resolver, origin, {}}, policy, patience);
        return loop.await(probe.look(host, port));
    }
    std::string code(const std::string& host, std::uint16_t port, const net::AddressPolicy& policy = loopback_too) {
        const Seen seen = look(host, port, policy);
        return seen ? "seen" : seen.error().code;
    }
};

}  // namespace

TEST_CASE("the chain is shown as the server sent it, with the TLS version and the address connected to") {
    const TlsServer server({"-cert_chain", (authority() / "upper.pem").string()});
    Probing probing;
    const Seen seen = probing.look("127.0.0.1", server.port());
    INFO((seen ? "" : seen.error().text()));
    REQUIRE(seen);
    CHECK(seen->address.text() == "127.0.0.1");
    CHECK(seen->tls_version == "TLSv1.3");
    REQUIRE(seen->chain.size() == 3);
    CHECK(certstore::sha256_hex(seen->chain[0].get()) == authority().fingerprint("leaf.pem"));
    CHECK(certstore::sha256_hex(seen->chain[1].get()) == authority().fingerprint("middle.pem"));
    CHECK(certstore::sha256_hex(seen->chain[2].get()) == authority().fingerprint("root.pem"));
}

TEST_CASE("the server is told the name it is asked by, and no name where there is only an address") {
    Probing probing;
    pki::write_text(probing.folder / "hosts", "127.0.0.1 probed.test\n");
    {
        const TlsServer server({"-tlsextdebug", "-servername", "other.test", "-cert2",
                                (authority() / "weak.pem").string(), "-key2", (authority() / "weak.key").string(),
                                "-cipher", "DEFAULT@SECLEVEL=0"});
        const Seen named = probing.look("Probed.Test.", server.port());
        INFO((named ? "" : named.error().text()));
        REQUIRE(named);
        CHECK(certstore::sha256_hex(named->chain[0].get()) == authority().fingerprint("leaf.pem"));
        CHECK(server.wait_for("Hostname in TLS extension: \"probed.test\""));
    }
    {
        const TlsServer server({"-tlsextdebug"});
        REQUIRE(probing.look("127.0.0.1", server.port()));
        CHECK(server.wait_for("TLS client extension \"supported_groups\""));
        CHECK(server.log_text().find("TLS client extension \"server name\"") == std::string::npos);
    }
}

TEST_CASE("old versions, weak keys and weak signatures are looked at too") {
    Probing probing;
    for (const std::string version : {"-tls1", "-tls1_1", "-tls1_2"}) {
        const TlsServer server({version, "-cipher", "DEFAULT@SECLEVEL=0"}, "weak");
        const Seen seen = probing.look("127.0.0.1", server.port());
        INFO(version << (seen ? "" : seen.error().text()) << server.log_text());
        REQUIRE(seen);
        CHECK(seen->tls_version == (version == "-tls1" ? "TLSv1" : version == "-tls1_1" ? "TLSv1.1" : "TLSv1.2"));
        CHECK(certstore::sha256_hex(seen->chain.at(0).get()) == authority().fingerprint("weak.pem"));
    }
}

TEST_CASE("a server that wants a certificate of ours has shown its own by then") {
    Probing probing;
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        const TlsServer server({version, "-Verify", "1", "-verify_return_error"});
        const Seen seen = probing.look("127.0.0.1", server.port());
        INFO(version << (seen ? "" : seen.error().text()));
        REQUIRE(seen);
        CHECK(certstore::sha256_hex(seen->chain.at(0).get()) == authority().fingerprint("leaf.pem"));
    }
}

TEST_CASE("a server without certificate and one that refuses the handshake are errors with the server's words") {
    Probing probing;
    const TlsServer anonymous({"-nocert", "-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"});
    const Seen seen = probing.look("127.0.0.1", anonymous.port());
    REQUIRE_FALSE(seen);
    CHECK(seen.error().kind == base::ErrorKind::crypto);
    CHECK(seen.error().code == "handshake_failed");
    CHECK(seen.error().message.find("127.0.0.1:" + std::to_string(anonymous.port())) != std::string::npos);
    CHECK(seen.error().message.find("alert handshake failure") != std::string::npos);
}

TEST_CASE("a server that accepts and then is silent ends the look at its deadline") {
    const PlainServer silent("", PlainServer::Then::wait);
    Probing probing;
    const Seen seen = probing.look("127.0.0.1", silent.port(), loopback_too, milliseconds(300));
    REQUIRE_FALSE(seen);
    CHECK(seen.error().kind == base::ErrorKind::unavailable);
    CHECK(seen.error().code == "probe_timeout");
    CHECK(seen.error().message.find("127.0.0.1:" + std::to_string(silent.port())) == 0);
}

TEST_CASE("what does not speak TLS is told from a TLS server that refuses") {
    Probing probing;
    const PlainServer mail("220 mail.test ESMTP\r\n", PlainServer::Then::wait);
    CHECK(probing.code("127.0.0.1", mail.port()) == "not_tls");
    const PlainServer web("HTTP/1.1 400 Bad Request\r\n\r\n", PlainServer::Then::close);
    CHECK(probing.code("127.0.0.1", web.port()) == "not_tls");
    const PlainServer closing("", PlainServer::Then::close);
    CHECK(probing.code("127.0.0.1", closing.port()) == "not_tls");
    const PlainServer alerting(std::string("\x15\x03\x03\0\2\2\x28", 7), PlainServer::Then::close);
    CHECK(probing.code("127.0.0.1", alerting.port()) == "handshake_failed");
    // A header that promises the longest record, and nonsense that never ends one.
    const PlainServer endless(std::string("\x16\x03\x03\x3f\xff") + std::string(20000, '\2'), PlainServer::Then::wait);
    CHECK(probing.code("127.0.0.1", endless.port()) == "handshake_failed");
}

TEST_CASE("more certificates than any server needs are refused, whatever the server") {
    const std::string one = pki::read_text(authority() / "middle.pem");
    std::string many;
    for (int i = 0; i < 400; ++i)
        many += one;
    pki::write_text(authority() / "many.pem", many);
    Probing probing;
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        const TlsServer server({version, "-cert_chain", (authority() / "many.pem").string()});
        CHECK(probing.code("127.0.0.1", server.port()) == "chain_too_large");
    }
}

TEST_CASE("a port that nobody listens on and a port that is none are errors of their own") {
    Probing probing;
    const std::uint16_t closed = free_port();
    const Seen seen = probing.look("127.0.0.1", closed);
    REQUIRE_FALSE(seen);
    CHECK(seen.error().code == "connect_failed");
    CHECK(seen.error().message ==
          "127.0.0.1:" + std::to_string(closed) + " could not be connected to: Connection refused.");
    CHECK(probing.code("127.0.0.1", 0) == "port_invalid");
    CHECK(probing.code("a..b", 443) == "name_invalid");
}

TEST_CASE("without a policy of a test's own the box itself is not connected to, by whatever name") {
    const PlainServer server("", PlainServer::Then::wait);
    Probing probing;
    pki::write_text(probing.folder / "hosts", "127.0.0.1 gw.test\n0.0.0.0 any.test\n::1 six.test\n");
    for (const char* host :
         {"127.0.0.1", "localhost", "gw.test", "any.test", "six.test", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1",
          "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "127.8.9.10", "169.254.169.254", "fe80::1", "224.0.0.1"}) {
        CAPTURE(host);
        CHECK(probing.code(host, server.port(), net::refuse_forbidden) == "address_forbidden");
    }
    const auto own = net::own_addresses();
    REQUIRE(own);
    for (const Address& address : *own)
        CHECK(probing.code(address.text(), server.port(), net::refuse_forbidden) == "address_forbidden");
    CHECK(server.accepted() == 0);
}

TEST_CASE("the address that answered is judged, not only the one that was called") {
    const PlainServer server("", PlainServer::Then::wait);
    Probing probing;
    int asked = 0;
    const net::AddressPolicy second_time_no = [&](const Address& address) -> base::Result<void> {
        if (++asked == 1) return {};
        return base::fail(base::ErrorKind::denied, "address_forbidden", address.text() + " is forbidden.");
    };
    CHECK(probing.code("127.0.0.1", server.port(), second_time_no) == "address_forbidden");
    CHECK(asked == 2);
}

TEST_CASE("of several addresses the first that accepts is shown, and forbidden ones are passed over") {
    const TlsServer server;
    Probing probing;
    pki::write_text(probing.folder / "hosts",
                    "127.0.0.2 gw.test\n169.254.1.1 gw.test\n127.0.0.1 gw.test\n::1 gw.test\n");
    std::vector<std::string> judged;
    const net::AddressPolicy policy = [&](const Address& address) -> base::Result<void> {
        judged.push_back(address.text());
        if (address.text() == "127.0.0.2") return {};  // nobody listens there
        return loopback_too(address);
    };
    const Seen seen = probing.look("gw.test", server.port(), policy);
    INFO((seen ? "" : seen.error().text()));
    REQUIRE(seen);
    CHECK(seen->address.text() == "127.0.0.1");
    CHECK(judged == std::vector<std::string>{"127.0.0.2", "::1", "169.254.1.1", "127.0.0.1", "127.0.0.1"});
}

TEST_CASE(
    "the connection leaves from the network's source address, and IPv6 addresses are not tried from an IPv4 one") {
    const TlsServer server;
    Probing probing;
    pki::write_text(probing.folder / "hosts", "::1 gw.test six.test\n127.0.0.1 gw.test\n");
    net::Origin origin;
    origin.source = Address::parse("127.0.0.9").value();
    const Seen seen = probing.look("gw.test", server.port(), loopback_too, seconds(60), origin);
    REQUIRE(seen);
    CHECK(seen->address.text() == "127.0.0.1");
    origin.source = Address::parse("192.0.2.77").value();
    const Seen foreign = probing.look("gw.test", server.port(), loopback_too, seconds(60), origin);
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().code == "origin_unusable");
    origin = {};
    origin.device = "nosuch0";
    CHECK(probing.look("gw.test", server.port(), loopback_too, seconds(60), origin).error().code == "origin_unusable");
}

TEST_CASE("through a proxy the server is looked at, and the proxy is told its checked address alone") {
    const TlsServer server;
    const net::testing::ConnectProxy proxy;
    Probing probing;
    pki::write_text(probing.folder / "hosts", "127.0.0.1 probed.test\n169.254.1.1 link.test\n");
    net::TlsProbe probe({probing.resolver, {}, {"127.0.0.1", proxy.port()}}, loopback_too, seconds(60));
    const Seen seen = probing.loop.await(probe.look("probed.test", server.port()));
    INFO((seen ? "" : seen.error().text()));
    REQUIRE(seen);
    CHECK(seen->address.text() == "127.0.0.1");
    CHECK(certstore::sha256_hex(seen->chain.at(0).get()) == authority().fingerprint("leaf.pem"));
    const Seen forbidden = probing.loop.await(probe.look("link.test", server.port()));
    REQUIRE_FALSE(forbidden);
    CHECK(forbidden.error().code == "address_forbidden");
    REQUIRE(proxy.requests().size() == 1);
    CHECK(proxy.requests().front().starts_with("CONNECT 127.0.0.1:" + std::to_string(server.port()) + " HTTP/1.1"));
}

TEST_CASE("a look may be given up by destroying its loop") {
    const PlainServer silent("", PlainServer::Then::wait);
    auto probing = std::make_unique<Probing>();
    net::TlsProbe probe({probing->resolver, {}, {}}, loopback_too);
    asio::co_spawn(probing->loop.io, probe.look("127.0.0.1", silent.port()), [](std::exception_ptr, const Seen&) {});
    probing->loop.run_until([&] { return silent.accepted() == 1; });
    probing.reset();
}

}  // namespace tls_probe_test
