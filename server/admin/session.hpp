// Signing in and out, who am I, and which sessions are open: /session, /sessions.
#pragma once

#include "records/sessions.hpp"
#include "server/admin/services.hpp"
#include "server/http/router.hpp"

#include <cstdint>
#include <vector>

namespace gatehouse::admin {

/// Starts a session of that operator for who sends the request, and lets every worker know it. Errors: the database's.
[[nodiscard]] boost::asio::awaitable<base::Result<records::StartedSession>> begin_session(const Services& services,
                                                                                          const http::Request& request,
                                                                                          std::int64_t operator_id);

/// Appends the routes; `services` must outlive them.
void add_session_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::admin
