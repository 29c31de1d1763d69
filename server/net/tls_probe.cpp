#include "server/net/tls_probe.hpp"

#include "server/net/host_name.hpp"
#include "server/net/tls_wire.hpp"

#include <boost/asio/awaitable.hpp>
#include <openssl/err.h>

#include <optional>
#include <stdexcept>
#include <utility>

// GCC 12 inlines the operator new of one of Asio's coroutine frames below, not its operator delete, and then takes the
// two for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace gatehouse::net {

namespace asio = boost::asio;
using base::ErrorKind;
using std::chrono::steady_clock;

namespace {

constexpr long most_chain_bytes = 100L * 1024;
constexpr std::size_t most_handshake_bytes = 2 * most_chain_bytes;  // of a whole handshake

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

base::Error refused_handshake(const Endpoint& server, const TlsWire& wire, const std::string& words) {
    if (!wire.looks_like_tls()) return no_tls_error(server.text(), "does not speak TLS");
    const bool at_certificates = SSL_get_state(wire.ssl()) == TLS_ST_CR_CERT;
    if (at_certificates && words.find("excessive message size") != std::string::npos) {
        return {ErrorKind::crypto, "chain_too_large",
                server.text() + " sends more than " + std::to_string(most_chain_bytes / 1024) + " KiB of certificates.",
                ""};
    }
    return {ErrorKind::crypto, "handshake_failed", "The handshake with " + server.text() + " failed: " + words + ".",
            ""};
}

// What came instead of an answer to what was sent.
base::Error interruption(const Endpoint& server, const TlsWire& wire, TlsWire::Flow flow) {
    if (flow == TlsWire::Flow::expired) return timeout(server);
    if (flow == TlsWire::Flow::flooded) return no_tls_error(server.text(), "sends without end");
    return no_tls_error(server.text(), wire.received() == 0 ? "closed the connection without an answer to TLS"
                                                            : "closed the connection in the middle of the handshake");
}

asio::awaitable<base::Result<Presented>> shake_hands(PatientSocketPtr socket, Endpoint server, TlsWire wire) {
    std::optional<base::Error> failure;
    while (!failure) {
        ERR_clear_error();
        const int result = SSL_connect(wire.ssl());
        const bool wants_more = SSL_get_error(wire.ssl(), result) == SSL_ERROR_WANT_READ;
        const std::string words = certstore::drain_openssl_errors();  // before others use this thread
        if (result == 1) break;
        if (!wants_more) {
            failure = refused_handshake(server, wire, words);
            break;
        }
        const TlsWire::Flow flow = co_await wire.exchange(*socket, most_handshake_bytes);
        if (flow != TlsWire::Flow::open) failure = interruption(server, wire, flow);
    }
    // A server that wants a certificate of ours breaks off, but has shown its own by then.
    auto found = presented(wire.ssl(), server.address);
    if (!failure) SSL_shutdown(wire.ssl());
    if (socket->socket().is_open()) (void)co_await wire.flush(*socket);
    if (found) co_return std::move(*found);
    if (failure) co_return base::fail(std::move(*failure));
    co_return base::fail(ErrorKind::crypto, "handshake_failed", server.text() + " presents no certificate.");
}

}  // namespace

TlsProbe::TlsProbe(WayOut way, AddressPolicy policy, std::chrono::milliseconds patience)
    : way_(std::move(way)), policy_(std::move(policy)), patience_(patience), context_(make_context()) {}

asio::awaitable<base::Result<Presented>> TlsProbe::look(std::string host, std::uint16_t port) {
    if (port == 0) co_return base::fail(ErrorKind::input, "port_invalid", "A port is a number from 1 to 65535.");
    const auto name = host_name(host);
    if (!name) co_return base::fail(name.error());
    Destination destination;
    destination.host = *name;
    destination.port = port;
    destination.policy = policy_;
    destination.until = steady_clock::now() + patience_;
    const auto until = destination.until;
    CallSteps steps;
    WayOut way = way_;
    auto socket = co_await reach(std::move(way), std::move(destination), steps);
    if (!socket) co_return base::fail(std::move(socket.error()));
    (*socket)->end_at(until);
    auto wire = TlsWire::make(*context_, *name);
    if (!wire) co_return base::fail(std::move(wire.error()));
    co_return co_await shake_hands(std::move(*socket), *steps.connected, std::move(*wire));
}

}  // namespace gatehouse::net
