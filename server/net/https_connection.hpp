// One connection of the outbound client: TLS as the client's, with a server that is believed. Owned by the call that
// uses it or by those kept for the next one; its executor only.
#pragma once

#include "certstore/context.hpp"
#include "certstore/trust.hpp"
#include "server/net/call_steps.hpp"
#include "server/net/patient_socket.hpp"
#include "server/net/tls_wire.hpp"
#include "server/net/trust.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::net {

/// The context that all handshakes of one client are made with: certstore's for outbound calls, and each server's
/// certificates are verified by whoever shakes hands. Errors: those of certstore::build_client_context.
[[nodiscard]] base::Result<certstore::SslContextPtr> verifying_context();

class HttpsConnection {
public:
    /// Takes over a socket that is connected to `server`, or to a proxy that leads there. `peer` names the server in
    /// errors. Errors: those of TlsWire::make.
    [[nodiscard]] static base::Result<std::unique_ptr<HttpsConnection>> make(PatientSocketPtr socket, SSL_CTX& context,
                                                                             const std::string& host,
                                                                             const Endpoint& server, std::string peer);
    HttpsConnection(const HttpsConnection&) = delete;
    HttpsConnection& operator=(const HttpsConnection&) = delete;
    /// Says goodbye and closes.
    ~HttpsConnection();

    /// Once, before all else; the socket's time is the handshake's. Tells `facts` also where it fails. Errors:
    /// crypto/not_tls, tls_alert (which the server sent), tls_versions (it speaks neither TLS 1.2 nor 1.3),
    /// chain_too_large, handshake_failed; unavailable/tls_timeout; those of certstore::verify_server.
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> shake_hands(Trust& trust, certstore::TrustStorePtr by,
                                                                         std::string host, TlsFacts& facts);

    /// False where not all of it could be sent: the answer may say why. `bytes` must live until then.
    [[nodiscard]] boost::asio::awaitable<bool> send(std::string_view bytes);

    /// What came, or how it ended.
    struct Received {
        enum class End { none, clean, cut, expired };
        std::string bytes;
        End end = End::none;
    };
    /// Errors: crypto/tls_alert, crypto/tls_broken.
    [[nodiscard]] boost::asio::awaitable<base::Result<Received>> receive();

    /// Whether it can be used again: the server has neither ended it nor sent what nobody asked for. Does not wait.
    [[nodiscard]] bool is_fresh();

    [[nodiscard]] PatientSocket& socket() { return *socket_; }
    [[nodiscard]] const std::string& peer() const { return peer_; }
    /// The server's own address, also behind a proxy.
    [[nodiscard]] const Endpoint& server() const { return server_; }
    [[nodiscard]] std::chrono::steady_clock::time_point made_at() const { return made_at_; }

private:
    HttpsConnection(PatientSocketPtr socket, TlsWire wire, const Endpoint& server, std::string peer);
    [[nodiscard]] base::Error handshake_error(unsigned long code, const std::string& words) const;
    [[nodiscard]] base::Error interruption(TlsWire::Flow flow) const;

    PatientSocketPtr socket_;
    TlsWire wire_;
    Endpoint server_;
    std::string peer_;
    std::chrono::steady_clock::time_point made_at_ = std::chrono::steady_clock::now();
    bool established_ = false;
};

}  // namespace gatehouse::net
