// From a policy and a credential to the SSL_CTX a door serves with, and the proof that it works: a handshake with
// itself. And the one that outbound calls are made with. Contexts are immutable once built; a new ticket key means a
// new context. Any thread but an I/O one (0.7 ms and more).
#pragma once

#include "certstore/credential.hpp"
#include "certstore/tickets.hpp"
#include "config/settings.hpp"

#include <memory>
#include <optional>
#include <string>

namespace gatehouse::certstore {

struct ContextRequest {
    config::Interface interface = config::Interface::clean;  ///< separates the doors' sessions (session id context)
    config::TlsPolicy policy = config::TlsPolicy::intermediate;
    CredentialPtr credential;
    TicketKeys tickets;
};

/// Errors: crypto/signature_weak, crypto/key_weak (OpenSSL will not load a chain with such signatures or keys),
/// crypto/context_failed with OpenSSL's words.
[[nodiscard]] base::Result<SslContextPtr> build_context(const ContextRequest& request);

/// Shakes hands with itself in memory once per protocol version of the policy and looks at the certificate received;
/// in TLS 1.0 and 1.1 only where these know the key's type.
/// Errors: crypto/handshake_failed with the version and OpenSSL's words.
[[nodiscard]] base::Result<void> prove_context(SSL_CTX& context, const Credential& credential,
                                               config::TlsPolicy policy);

/// Builds and proves. Errors: of both.
[[nodiscard]] base::Result<SslContextPtr> proved_context(const ContextRequest& request);

/// For outbound calls: TLS 1.2 and 1.3 with the suites of "intermediate", ALPN http/1.1, no session kept, and a
/// certificate is insisted on. Whether it is believed is for the caller's verify callback: without one nobody is.
/// Errors: crypto/context_failed.
[[nodiscard]] base::Result<SslContextPtr> build_client_context();

}  // namespace gatehouse::certstore
