// Sealing and opening session tickets with a door's own keys. The keys belong to the SSL_CTX they are given to and go
// with it. The callback runs on whichever thread shakes hands; keys are immutable.
#pragma once

#include "base/secret.hpp"
#include "certstore/openssl.hpp"

#include <memory>

namespace gatehouse::certstore {

/// What seals session tickets (RFC 5077 section 4, RFC 8446 section 4.6.1): AES-256-CBC and HMAC-SHA-256 keys and a
/// name.
struct TicketKey {
    base::Secret bytes;  ///< 16 name, 32 HMAC, 32 AES
    [[nodiscard]] static base::Result<std::shared_ptr<const TicketKey>> generate();
};

/// The key new tickets are sealed with, and the one before it, which still opens old ones (and has them renewed).
struct TicketKeys {
    std::shared_ptr<const TicketKey> current;
    std::shared_ptr<const TicketKey> former;  ///< null: none
};

/// Makes `context` seal its tickets with `tickets.current` and open those of either key. False: OpenSSL's queue says
/// why.
[[nodiscard]] bool seal_tickets_with(SSL_CTX* context, const TicketKeys& tickets);

}  // namespace gatehouse::certstore
