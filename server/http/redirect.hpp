// The plain-HTTP port: sends a browser to its door over TLS, serves nothing else, and says so where something secret
// was sent in the clear. One request per connection. Owns itself; the worker's thread only.
#pragma once

#include "server/http/request.hpp"
#include "server/http/response.hpp"
#include "server/http/site.hpp"
#include "server/net/address.hpp"
#include "server/net/worker.hpp"

#include <functional>
#include <string_view>

namespace gatehouse::http {

/// Serves the socket, which it takes over. `site.authority` is where it redirects to; `ended` is called once at the
/// end.
void start_redirect(net::Worker& worker, Site& site, int descriptor, const net::Address& peer,
                    const std::function<void(const net::Address&)>& ended);

/// 308 to `https://AUTHORITY` and the request's own path and query for GET and HEAD, 403 where a cookie, key or
/// Authorization came in the clear, 405 else. The request's Host is never used.
[[nodiscard]] Response redirect(const Request& request, std::string_view authority);

}  // namespace gatehouse::http
