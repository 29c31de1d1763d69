// TLS as a client, between OpenSSL on memory BIOs and a socket: carries what OpenSSL wants to send, and gives it what
// comes. What is believed is its user's matter. One per connection, owned by it; the socket's executor only.
#pragma once

#include "base/result.hpp"
#include "certstore/openssl.hpp"
#include "server/net/patient_socket.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <limits>
#include <string>

namespace gatehouse::net {

class TlsWire {
public:
    /// `host` goes to the server as the name it is asked by, unless it is an address (RFC 6066, 3). Errors:
    /// crypto/handshake_failed.
    [[nodiscard]] static base::Result<TlsWire> make(SSL_CTX& context, const std::string& host);

    [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
    /// How many bytes came.
    [[nodiscard]] std::size_t received() const { return received_; }
    /// False where what came first is no record that a TLS server begins with.
    [[nodiscard]] bool looks_like_tls() const { return looks_like_tls_; }

    /// How far an exchange came.
    enum class Flow {
        open,     ///< OpenSSL has something to read
        closed,   ///< the server closed the connection, or the network broke it
        expired,  ///< the socket's time was over
        flooded,  ///< more came than was to come in all
    };
    /// Sends what OpenSSL wants to send; false where it could not all be sent.
    [[nodiscard]] boost::asio::awaitable<bool> flush(PatientSocket& socket);
    /// The same, and waits for what comes. What cannot be sent is told by what comes: the server's last words may still
    /// wait to be read.
    [[nodiscard]] boost::asio::awaitable<Flow> exchange(
        PatientSocket& socket, std::size_t most_bytes = std::numeric_limits<std::size_t>::max());
    /// Of what nobody asked for: tickets and new keys are some hundred bytes.
    static constexpr std::size_t most_gathered = 64 * std::size_t{1024};
    /// Gives OpenSSL what has come already, without waiting. `open` though there was nothing; `flooded` where it is
    /// more than most_gathered: a server could say more than memory holds.
    [[nodiscard]] Flow gather(PatientSocket& socket);
    /// Says goodbye as far as that does not wait.
    void say_goodbye(PatientSocket& socket);

private:
    TlsWire() = default;
    [[nodiscard]] std::string take_output();
    void take_input(const char* bytes, std::size_t size);

    certstore::SslPtr ssl_;
    BIO* input_ = nullptr;  // both belong to ssl
    BIO* output_ = nullptr;
    std::size_t received_ = 0;
    bool looks_like_tls_ = true;
};

/// crypto/not_tls: who "does not speak TLS" or what else it did.
[[nodiscard]] base::Error no_tls_error(const std::string& server, const std::string& what);

}  // namespace gatehouse::net
