#include "server/net/https_connection.hpp"

#include <openssl/err.h>

#include <array>
#include <utility>

namespace gatehouse::net {

namespace asio = boost::asio;
using base::ErrorKind;
using certstore::CertificatePtr;

namespace {

constexpr std::size_t most_handshake_bytes = 200 * std::size_t{1024};

// Between OpenSSL, which asks within a handshake, and who shakes hands, who has it found out elsewhere.
struct Verification {
    PresentedChain chain;
    std::optional<base::Result<void>> verdict;
};

PresentedChain presented_chain(X509_STORE_CTX* asked) {
    const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(asked);
    std::vector<CertificatePtr> chain;
    for (int i = 0; i < sk_X509_num(sent); ++i) {
        X509* const certificate = sk_X509_value(sent, i);
        X509_up_ref(certificate);
        chain.emplace_back(certificate);
    }
    return std::make_shared<const std::vector<CertificatePtr>>(std::move(chain));
}

// For the alert that the server gets (RFC 8446, 6.2).
int openssl_reason(const std::string& code) {
    if (code.ends_with("_expired") || code.ends_with("_not_yet_valid")) return X509_V_ERR_CERT_HAS_EXPIRED;
    if (code == "untrusted_issuer" || code == "certificate_self_signed")
        return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    return X509_V_ERR_CERT_REJECTED;
}

// OpenSSL's callback: 1 goes on, or has the handshake wait where SSL_set_retry_verify was called.
int verify_elsewhere(X509_STORE_CTX* asked, void* /*nothing*/) {
    auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(asked, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const verification = ssl == nullptr ? nullptr : static_cast<Verification*>(SSL_get_app_data(ssl));
    if (verification == nullptr) return 0;
    if (!verification->verdict) {
        verification->chain = presented_chain(asked);
        return SSL_set_retry_verify(ssl);
    }
    if (verification->verdict->has_value()) return 1;
    X509_STORE_CTX_set_error(asked, openssl_reason(verification->verdict->error().code));
    return 0;
}

// The alert that came, from an error of OpenSSL's; nullopt: it is none.
std::optional<int> alert_in(unsigned long code) {
    const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    if (reason < SSL_AD_REASON_OFFSET || reason > SSL_AD_REASON_OFFSET + 255) return std::nullopt;
    return reason - SSL_AD_REASON_OFFSET;
}

// OpenSSL 3.0 has no words for those of TLS 1.3 and of ALPN.
std::string alert_words(int alert) {
    if (alert == SSL_AD_MISSING_EXTENSION) return "missing extension";
    if (alert == SSL_AD_CERTIFICATE_REQUIRED) return "certificate required";
    if (alert == SSL_AD_NO_APPLICATION_PROTOCOL) return "no application protocol";
    return SSL_alert_desc_string_long(alert);
}

// `agreed`: on a version and a cipher, so that neither is what is wrong.
base::Error alert_error(const std::string& peer, int alert, bool agreed) {
    std::string advice = "Look into that server's log.";
    if (alert == SSL_AD_CERTIFICATE_REQUIRED)
        advice = "It demands a certificate of its clients, and none can be set here.";
    if (alert == SSL_AD_HANDSHAKE_FAILURE && agreed)  // what TLS 1.2 says where a certificate is demanded
        advice =
            "It may demand a certificate of its clients, and none can be set here; else look into that server's log.";
    else if (alert == SSL_AD_HANDSHAKE_FAILURE || alert == SSL_AD_PROTOCOL_VERSION ||
             alert == SSL_AD_INSUFFICIENT_SECURITY)
        advice = "It has to speak TLS 1.2 or 1.3 with ECDHE and AES-GCM or ChaCha20.";
    if (alert == SSL_AD_UNRECOGNIZED_NAME) advice = "It knows no such name: check the URL.";
    return {ErrorKind::crypto, "tls_alert",
            peer + " refused the connection by the TLS alert \"" + alert_words(alert) + "\" (" + std::to_string(alert) +
                ").",
            advice};
}

// Null: none yet.
const SSL_CIPHER* agreed_cipher(const SSL* ssl) {
    const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl);
    return cipher != nullptr ? cipher : SSL_get_pending_cipher(ssl);
}

void tell_agreement(SSL* ssl, TlsFacts& facts) {
    const SSL_CIPHER* const cipher = agreed_cipher(ssl);
    if (cipher == nullptr) return;
    facts.version = SSL_get_version(ssl);
    facts.cipher = SSL_CIPHER_get_name(cipher);
}

}  // namespace

base::Result<certstore::SslContextPtr> verifying_context() {
    auto context = certstore::build_client_context();
    if (context) SSL_CTX_set_cert_verify_callback(context->get(), verify_elsewhere, nullptr);
    return context;
}

base::Result<std::unique_ptr<HttpsConnection>> HttpsConnection::make(PatientSocketPtr socket, SSL_CTX& context,
                                                                     const std::string& host, const Endpoint& server,
                                                                     std::string peer) {
    auto wire = TlsWire::make(context, host);
    if (!wire) return base::fail(std::move(wire.error()));
    // The constructor is private, which make_unique cannot reach.
    return std::unique_ptr<HttpsConnection>(
        new HttpsConnection(std::move(socket), std::move(*wire), server, std::move(peer)));
}

HttpsConnection::HttpsConnection(PatientSocketPtr socket, TlsWire wire, const Endpoint& server, std::string peer)
    : socket_(std::move(socket)), wire_(std::move(wire)), server_(server), peer_(std::move(peer)) {}

HttpsConnection::~HttpsConnection() {
    if (established_) wire_.say_goodbye(*socket_);
    socket_->close();
}

base::Error HttpsConnection::handshake_error(unsigned long code, const std::string& words) const {
    if (!wire_.looks_like_tls()) return no_tls_error(peer_, "does not speak TLS");
    if (const auto alert = alert_in(code)) return alert_error(peer_, *alert, agreed_cipher(wire_.ssl()) != nullptr);
    const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_WRONG_SSL_VERSION ||
        reason == SSL_R_WRONG_VERSION_NUMBER) {
        return {ErrorKind::crypto, "tls_versions", peer_ + " speaks neither TLS 1.2 nor TLS 1.3.",
                "Have TLS 1.2 or 1.3 switched on there."};
    }
    if (reason == SSL_R_EXCESSIVE_MESSAGE_SIZE)
        return {ErrorKind::crypto, "chain_too_large", peer_ + " sends more certificates than any server needs.", ""};
    return {ErrorKind::crypto, "handshake_failed", "The TLS handshake with " + peer_ + " failed: " + words + ".", ""};
}

base::Error HttpsConnection::interruption(TlsWire::Flow flow) const {
    if (flow == TlsWire::Flow::expired) {
        return {ErrorKind::unavailable, "tls_timeout",
                peer_ + " accepted the connection, but did not end the TLS handshake in time.",
                "Check that it is a TLS server and not overloaded."};
    }
    if (flow == TlsWire::Flow::flooded) return no_tls_error(peer_, "sends without end");
    return no_tls_error(peer_, wire_.received() == 0 ? "closed the connection without an answer to TLS"
                                                     : "closed the connection in the middle of the TLS handshake");
}

asio::awaitable<base::Result<void>> HttpsConnection::shake_hands(Trust& trust, certstore::TrustStorePtr by,
                                                                 std::string host, TlsFacts& facts) {
    Verification verification;
    SSL* const ssl = wire_.ssl();
    SSL_set_app_data(ssl, &verification);
    std::optional<base::Error> failure;
    while (!failure) {
        ERR_clear_error();
        const int result = SSL_connect(ssl);
        const int why = SSL_get_error(ssl, result);
        const unsigned long code = ERR_peek_error();
        const std::string words = certstore::drain_openssl_errors();  // before others use this thread
        tell_agreement(ssl, facts);
        if (result == 1) break;
        if (why == SSL_ERROR_WANT_RETRY_VERIFY && !verification.verdict) {
            for (const CertificatePtr& certificate : *verification.chain)
                facts.chain.push_back(certstore::describe(certificate.get()));
            verification.verdict = co_await trust.verify(by, verification.chain, host);
        } else if (why == SSL_ERROR_WANT_READ) {
            const TlsWire::Flow flow = co_await wire_.exchange(*socket_, most_handshake_bytes);
            if (flow != TlsWire::Flow::open) failure = interruption(flow);
        } else {
            failure = handshake_error(code, words);
        }
    }
    SSL_set_app_data(ssl, nullptr);
    // What OpenSSL made of the verdict is not asked: without one that is good nothing goes on here.
    const bool verified = verification.verdict && verification.verdict->has_value();
    facts.trusted = verified;
    if (verification.verdict && !verified) {
        facts.distrust = verification.verdict->error();
        failure = facts.distrust;
    } else if (!verified && !failure) {
        failure = base::Error{ErrorKind::crypto, "handshake_failed", peer_ + " presents no certificate.", ""};
    }
    if (failure) {
        if (socket_->socket().is_open()) (void)co_await wire_.flush(*socket_);  // an alert that says why
        co_return base::fail(std::move(*failure));
    }
    established_ = true;
    (void)co_await wire_.flush(*socket_);
    co_return base::Result<void>();
}

asio::awaitable<bool> HttpsConnection::send(std::string_view bytes) {
    constexpr std::size_t piece_size = 64 * std::size_t{1024};
    while (!bytes.empty()) {
        std::size_t written = 0;
        const std::string_view piece = bytes.substr(0, piece_size);
        ERR_clear_error();
        const bool sealed = SSL_write_ex(wire_.ssl(), piece.data(), piece.size(), &written) == 1;
        ERR_clear_error();
        if (!sealed) co_return false;
        const bool sent = co_await wire_.flush(*socket_);
        if (!sent) co_return false;
        bytes.remove_prefix(written);
    }
    co_return true;
}

asio::awaitable<base::Result<HttpsConnection::Received>> HttpsConnection::receive() {
    constexpr std::size_t piece_size = 16 * std::size_t{1024};
    Received received;
    while (true) {
        received.bytes.resize(piece_size);
        std::size_t got = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(wire_.ssl(), received.bytes.data(), received.bytes.size(), &got);
        const int why = SSL_get_error(wire_.ssl(), result);
        const unsigned long code = ERR_peek_error();
        const std::string words = certstore::drain_openssl_errors();
        received.bytes.resize(got);
        if (result == 1) co_return received;
        if (why == SSL_ERROR_ZERO_RETURN) {
            received.end = Received::End::clean;
            co_return received;
        }
        if (why != SSL_ERROR_WANT_READ) {
            if (const auto alert = alert_in(code))
                co_return base::fail(alert_error(peer_, *alert, agreed_cipher(wire_.ssl()) != nullptr));
            co_return base::fail(ErrorKind::crypto, "tls_broken", peer_ + " broke TLS: " + words + ".");
        }
        const TlsWire::Flow flow = co_await wire_.exchange(*socket_);
        if (flow == TlsWire::Flow::open) continue;
        received.end = flow == TlsWire::Flow::expired ? Received::End::expired : Received::End::cut;
        co_return received;
    }
}

bool HttpsConnection::is_fresh() {
    if (!socket_->socket().is_open() || wire_.gather(*socket_) != TlsWire::Flow::open) return false;
    std::array<char, 1> byte{};
    std::size_t got = 0;
    ERR_clear_error();
    // Tickets and new keys are taken in by this; anything else ends it.
    const int result = SSL_read_ex(wire_.ssl(), byte.data(), byte.size(), &got);
    const bool quiet = result != 1 && SSL_get_error(wire_.ssl(), result) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return quiet;
}

}  // namespace gatehouse::net
