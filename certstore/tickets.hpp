// Sealing and opening session tickets with a door's own keys. The keys belong to the SSL_CTX they are given to and go
// with it. The callback runs on whichever thread shakes hands; keys are immutable.
#pragma once

#include "certstore/context.hpp"

namespace gatehouse::certstore {

/// Makes `context` seal its tickets with `tickets.current` and open those of either key. False: OpenSSL's queue says
/// why.
[[nodiscard]] bool seal_tickets_with(SSL_CTX* context, const TicketKeys& tickets);

}  // namespace gatehouse::certstore
