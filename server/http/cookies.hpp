// The session cookie: found in a request, made and taken back in a response (RFC 6265 and its successor draft, which
// has the prefix __Host-). Pure; any thread.
#pragma once

#include "server/http/flaw.hpp"
#include "server/http/request.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

/// Value of the cookie of exactly that name, over all Cookie fields, without the quotes around it if it has some;
/// nullopt: there is none. A view into the request. A quote never reaches over a ';', so that no other cookie can hide
/// in a value. What is no NAME=VALUE is skipped.
///
/// Two different values are refused (400 ambiguous_cookie). A browser holds one `__Host-` cookie of a name, so that a
/// second one was put there by somebody else, a neighbouring host or a page in the clear, by one of the ways there
/// were around the prefix. The one that comes first is the one with the longer path, which the intruder chooses: to
/// take it would let them sign the user in as somebody else. To refuse both only locks the user out until the
/// cookies are deleted.
[[nodiscard]] Judged<std::optional<std::string_view>> find_cookie(const Request& request, std::string_view name);

/// Value of a Set-Cookie field: Path=/, Secure, HttpOnly, SameSite=Strict, and Max-Age where an `age` is given; without
/// it the browser forgets the cookie when it ends. `name` begins with "__Host-" and is a token, `value` is of
/// cookie-octets (RFC 6265 section 4.1.1): otherwise std::invalid_argument, since both are our own.
[[nodiscard]] std::string set_host_cookie(std::string_view name, std::string_view value,
                                          std::optional<std::chrono::seconds> age);
/// The one that makes a browser forget the cookie.
[[nodiscard]] std::string clear_host_cookie(std::string_view name);

}  // namespace gatehouse::http
