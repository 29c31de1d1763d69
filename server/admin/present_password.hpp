// Asks an operator who is signed in for the present password again, before what a stolen session must not do. For
// handlers, on their workers' threads.
#pragma once

#include "base/secret.hpp"
#include "records/operators.hpp"
#include "server/admin/services.hpp"
#include "server/http/request.hpp"
#include "server/http/response.hpp"

#include <boost/asio/awaitable.hpp>
#include <tl/expected.hpp>

#include <chrono>

namespace gatehouse::admin {

/// The caller's account, whose password it is: hand its stamp to what the password allows, which takes place later.
/// Else the answer: 403 present_password_wrong, which is recorded; 429, since each session's guesses are counted like
/// sign-ins. References: all outlive the call.
[[nodiscard]] boost::asio::awaitable<tl::expected<records::Account, http::Response>> prove_present_password(
    const Services& services, const http::Request& request, const base::Secret& password);

/// What it allowed failed: 403 present_password_wrong where it has changed since it was proved, else as http::problem.
[[nodiscard]] http::Response problem_after_proof(const base::Error& error);

/// Counts one guess of who is signed in, at a password or a code; by session, whichever network it comes from, since a
/// stolen one travels.
[[nodiscard]] std::chrono::seconds begin_guess(const Services& services, const http::Request& request);
void guessed_right(const Services& services, const http::Request& request);
void not_judged(const Services& services, const http::Request& request);

}  // namespace gatehouse::admin
