// A way through an HTTP proxy: CONNECT (RFC 9110, 9.3.6). Any coroutine whose executor runs one handler at a time.
#pragma once

#include "server/net/https_request.hpp"
#include "server/net/patient_socket.hpp"

#include <boost/asio/awaitable.hpp>

namespace gatehouse::net {

/// Has the proxy that `socket` is connected to connect to `server`, an address and never a name; what follows on the
/// socket goes there. The socket's time is this step's. Errors, all unavailable: proxy_refused, with its status;
/// proxy_unreachable, which is a proxy_refused with 502, 503 or 504: another address may do better; proxy_timeout,
/// proxy_garbled (also where it closes).
[[nodiscard]] boost::asio::awaitable<base::Result<void>> connect_through(PatientSocketPtr socket, Endpoint server);

}  // namespace gatehouse::net
