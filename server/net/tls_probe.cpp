#include "server/net/tls_probe.hpp"

#include "server/net/host_name.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <tuple>
#include <utility>

// GCC 12 inlines the operator new of one of Asio's coroutine frames below, not its operator delete, and then takes the
// two for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace gatehouse::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::ErrorKind;
using std::chrono::steady_clock;

namespace {

constexpr auto with_result = asio::as_tuple(asio::use_awaitable);
constexpr auto for_one_address = std::chrono::seconds(3);  // then the next one has its turn
constexpr long most_chain_bytes = 100L * 1024;
constexpr std::size_t most_bytes = 2 * most_chain_bytes;  // of a whole handshake

// A socket that is closed when its time is over, which ends whatever waits for it.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(const asio::any_io_executor& executor, const Endpoint& server)
        : server_(server), socket_(executor), timer_(executor) {}

    [[nodiscard]] const Endpoint& server() const { return server_; }
    [[nodiscard]] tcp::socket& socket() { return socket_; }
    [[nodiscard]] bool expired() const { return expired_; }
    void end_at(steady_clock::time_point when) {
        timer_.expires_at(when);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (error || !self) return;
            self->expired_ = true;
            boost::system::error_code ignored;  // it is of no use any more
            self->socket_.close(ignored);
        });
    }

private:
    Endpoint server_;
    tcp::socket socket_;
    asio::steady_timer timer_;
    bool expired_ = false;
};
using Connected = std::shared_ptr<Connection>;

// One handshake on memory BIOs.
struct Handshake {
    certstore::SslPtr ssl;
    BIO* input = nullptr;  // both belong to ssl
    BIO* output = nullptr;
    std::size_t received = 0;
    bool looks_like_tls = true;
};

certstore::SslContextPtr make_context() {
    certstore::SslContextPtr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    if (!context) throw std::runtime_error("OpenSSL has no memory for a context");
    SSL_CTX* const made = context.get();
    const auto believe = [](X509_STORE_CTX*, void*) { return 1; };
    SSL_CTX_set_cert_verify_callback(made, believe, nullptr);  // else it would do work that the server chose
    SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_security_level(made, 0);
    SSL_CTX_set_options(made, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(made, most_chain_bytes);
    // Without finite-field DH, in which the server chooses how much work we have.
    if (SSL_CTX_set_min_proto_version(made, TLS1_VERSION) != 1 || SSL_CTX_set_max_proto_version(made, 0) != 1 ||
        SSL_CTX_set_cipher_list(made, "DEFAULT:!kDHE:@SECLEVEL=0") != 1) {
        throw std::runtime_error("OpenSSL takes no settings: " + certstore::drain_openssl_errors());
    }
    return context;
}

base::Result<Handshake> make_handshake(SSL_CTX& context, const std::string& host) {
    Handshake made;
    made.ssl.reset(SSL_new(&context));
    certstore::BioPtr input(BIO_new(BIO_s_mem()));
    certstore::BioPtr output(BIO_new(BIO_s_mem()));
    const bool named = Address::parse(host).has_value();  // an address is no server name (RFC 6066, 3)
    if (!made.ssl || !input || !output || (!named && SSL_set_tlsext_host_name(made.ssl.get(), host.c_str()) != 1)) {
        return base::fail(ErrorKind::crypto, "handshake_failed",
                          "No handshake could be begun: " + certstore::drain_openssl_errors() + ".");
    }
    made.input = input.get();
    made.output = output.get();
    SSL_set_bio(made.ssl.get(), input.release(), output.release());
    SSL_set_connect_state(made.ssl.get());
    return made;
}

std::string take_output(Handshake& handshake) {
    std::string bytes(BIO_ctrl_pending(handshake.output), '\0');
    const int size = BIO_read(handshake.output, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max(size, 0)));
    return bytes;
}

std::optional<Presented> presented(SSL* ssl, const Address& address) {
    const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
    Presented found{address, SSL_get_version(ssl), {}};
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        X509* const certificate = sk_X509_value(chain, i);
        X509_up_ref(certificate);
        found.chain.emplace_back(certificate);
    }
    if (found.chain.empty()) return std::nullopt;
    return found;
}

base::Error timeout(const Endpoint& server) {
    return {ErrorKind::unavailable, "probe_timeout", server.text() + " accepted the connection, but was too slow.",
            "Check that it is a TLS server and not overloaded."};
}

base::Error not_tls(const Endpoint& server, const std::string& what) {
    return {ErrorKind::crypto, "not_tls", server.text() + " " + what + ".",
            "Check the port: it has to be one that speaks TLS from the first byte."};
}

base::Error refused_handshake(const Endpoint& server, const Handshake& handshake, const std::string& words) {
    if (!handshake.looks_like_tls) return not_tls(server, "does not speak TLS");
    const bool at_certificates = SSL_get_state(handshake.ssl.get()) == TLS_ST_CR_CERT;
    if (at_certificates && words.find("excessive message size") != std::string::npos) {
        return {ErrorKind::crypto, "chain_too_large",
                server.text() + " sends more than " + std::to_string(most_chain_bytes / 1024) + " KiB of certificates.",
                ""};
    }
    return {ErrorKind::crypto, "handshake_failed", "The handshake with " + server.text() + " failed: " + words + ".",
            ""};
}

// Sends what OpenSSL wants to send, and gives it what comes. nullopt: to be called again after another SSL_connect.
asio::awaitable<std::optional<base::Error>> exchange(Connection& connection, Handshake& handshake,
                                                     const Endpoint& server) {
    const std::string out = take_output(handshake);
    if (!out.empty()) {
        // What cannot be sent is told by the read below, where the server's last words may still wait.
        (void)co_await asio::async_write(connection.socket(), asio::buffer(out), with_result);
    }
    std::array<char, 4096> chunk{};
    const auto [error, got] = co_await connection.socket().async_read_some(asio::buffer(chunk), with_result);
    if (connection.expired()) co_return timeout(server);
    if (error) {
        co_return not_tls(server, handshake.received == 0 ? "closed the connection without an answer to TLS"
                                                          : "closed the connection in the middle of the handshake");
    }
    constexpr char alert = 21;  // RFC 8446, B.1
    constexpr char handshake_record = 22;
    if (handshake.received == 0) handshake.looks_like_tls = chunk[0] == alert || chunk[0] == handshake_record;
    handshake.received += got;
    if (handshake.received > most_bytes) co_return not_tls(server, "sends without end");
    BIO_write(handshake.input, chunk.data(), static_cast<int>(got));
    co_return std::nullopt;
}

asio::awaitable<base::Result<Presented>> shake_hands(Connected connection, Handshake handshake) {
    const Endpoint server = connection->server();
    SSL* const ssl = handshake.ssl.get();
    std::optional<base::Error> failure;
    while (!failure) {
        ERR_clear_error();
        const int result = SSL_connect(ssl);
        const bool wants_more = SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ;
        const std::string words = certstore::drain_openssl_errors();  // before others use this thread
        if (result == 1) break;
        if (wants_more) {
            failure = co_await exchange(*connection, handshake, server);
        } else {
            failure = refused_handshake(server, handshake, words);
        }
    }
    // A server that wants a certificate of ours breaks off, but has shown its own by then.
    auto found = presented(ssl, server.address);
    if (!failure) SSL_shutdown(ssl);
    if (connection->socket().is_open()) {
        const std::string last = take_output(handshake);
        (void)co_await asio::async_write(connection->socket(), asio::buffer(last), with_result);
    }
    if (found) co_return std::move(*found);
    if (failure) co_return base::fail(std::move(*failure));
    co_return base::fail(ErrorKind::crypto, "handshake_failed", server.text() + " presents no certificate.");
}

base::Error connect_failure(const Endpoint& server, bool expired, const boost::system::error_code& error) {
    const std::string why = expired ? "no answer" : error.message();
    return {ErrorKind::unavailable, "connect_failed", server.text() + " could not be connected to: " + why + ".",
            "Check the address, the port and the firewalls in between."};
}

// Connected to `server`, and to nobody else.
asio::awaitable<base::Result<Connected>> connect(Endpoint server, Origin origin, AddressPolicy policy,
                                                 steady_clock::time_point until) {
    if (auto allowed = policy(server.address); !allowed) co_return base::fail(std::move(allowed.error()));
    const auto connection = std::make_shared<Connection>(co_await asio::this_coro::executor, server);
    auto& socket = connection->socket();
    boost::system::error_code error;
    const tcp::endpoint where(asio::ip::make_address(server.address.text()), server.port);
    socket.open(where.protocol(), error);
    if (error) co_return base::fail(connect_failure(server, false, error));
    if (auto bound = bind_to(origin, socket.native_handle()); !bound) co_return base::fail(std::move(bound.error()));

    connection->end_at(std::min(until, steady_clock::now() + for_one_address));
    std::tie(error) = co_await socket.async_connect(where, with_result);
    if (error || connection->expired()) co_return base::fail(connect_failure(server, connection->expired(), error));
    connection->end_at(until);

    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(socket.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size) != 0)
        co_return base::fail(connect_failure(server, false, {errno, boost::system::system_category()}));
    if (auto allowed = policy(Address::of(peer)); !allowed) co_return base::fail(std::move(allowed.error()));
    co_return connection;
}

Families families_of(const Origin& origin) {
    if (origin.source == Address()) return Families::ipv4_first;
    return origin.source.is_ipv4() ? Families::ipv4_only : Families::ipv6_only;
}

}  // namespace

TlsProbe::TlsProbe(Resolver& resolver, Origin origin, AddressPolicy policy, std::chrono::milliseconds patience)
    : resolver_(resolver),
      origin_(std::move(origin)),
      policy_(std::move(policy)),
      patience_(patience),
      context_(make_context()) {}

asio::awaitable<base::Result<Presented>> TlsProbe::look(std::string host, std::uint16_t port) {
    if (port == 0) co_return base::fail(ErrorKind::input, "port_invalid", "A port is a number from 1 to 65535.");
    const auto name = host_name(host);
    if (!name) co_return base::fail(name.error());
    const auto until = steady_clock::now() + patience_;
    const auto addresses = co_await resolver_.resolve(*name, families_of(origin_), until);
    if (!addresses) co_return base::fail(addresses.error());
    Connected connection;
    std::optional<base::Error> failure;
    for (const Address& address : *addresses) {
        auto connected = co_await connect({address, port}, origin_, policy_, until);
        if (connected) connection = std::move(*connected);
        if (connection || steady_clock::now() >= until) break;
        // The first one, but what happened with an address that was tried says more than that another was not.
        if (!failure || failure->kind == ErrorKind::denied) failure = std::move(connected.error());
    }
    if (!connection) co_return base::fail(std::move(*failure));
    auto handshake = make_handshake(*context_, *name);
    if (!handshake) co_return base::fail(std::move(handshake.error()));
    co_return co_await shake_hands(std::move(connection), std::move(*handshake));
}

}  // namespace gatehouse::net
