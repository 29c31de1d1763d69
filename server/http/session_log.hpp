// What is said of a connection's life where the log is set to "debug", and which end of a handshake is counted.
// Stateless; the connection's thread.
#pragma once

#include "server/http/site.hpp"
#include "server/net/address.hpp"

#include <string_view>

namespace gatehouse::http {

/// The thread's OpenSSL errors are of the handshake that just failed; `broken_off`: why we ended it, or empty.
void log_failed_handshake(const Site& site, const net::Address& peer, std::string_view broken_off);

void log_access(const Site& site, const net::Address& peer, const Request& request, unsigned status);

/// How a handshake counts that ended with this version (OpenSSL's number).
[[nodiscard]] HandshakeEnd end_of(int protocol);

}  // namespace gatehouse::http
