// Asks an operator who is signed in for the present password again, before what a stolen session must not do. For
// handlers, on their workers' threads.
#pragma once

#include "base/secret.hpp"
#include "server/admin/services.hpp"
#include "server/http/request.hpp"
#include "server/http/response.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace gatehouse::admin {

/// nullopt: it is the operator's password. 403 present_password_wrong; 429, since it is counted like a sign-in, so that
/// nobody guesses here what is slow there. References: all outlive the call.
[[nodiscard]] boost::asio::awaitable<std::optional<http::Response>> refuse_password(const Services& services,
                                                                                    const http::Request& request,
                                                                                    const std::string& name,
                                                                                    const base::Secret& password);

}  // namespace gatehouse::admin
