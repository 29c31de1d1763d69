// Answers that several of the admin door's rooms give, and how a handler becomes a route's. Pure; any thread.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/response.hpp"
#include "server/http/router.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::admin {

/// What the JSON bodies of this door's routes may have.
inline constexpr std::uint64_t most_json_bytes = 64UL * 1024;

/// 204.
[[nodiscard]] http::Response no_content();
/// 429 with Retry-After.
[[nodiscard]] http::Response too_many(std::chrono::seconds wait);
/// Where the rules of a lower floor refuse a value, the body is at fault: 422; else as http::problem has it.
[[nodiscard]] http::Response refused(const base::Error& error);
/// The same with a pointer to the member at fault, by the error's code.
[[nodiscard]] http::Response refused(const base::Error& error,
                                     std::initializer_list<std::pair<std::string_view, std::string_view>> members);
/// 403 for a token, which a script holds; nullopt: somebody signed in, or the console.
[[nodiscard]] std::optional<http::Response> refuse_token(const http::Request& request);
/// The interface that the path names, or 404.
[[nodiscard]] std::optional<config::Interface> interface_of(const http::Request& request);
[[nodiscard]] http::Response no_such_door(const http::Request& request);

/// The handler of a route: `handler(services, request)`, which gives a Response or a Later.
template <class Handler>
[[nodiscard]] auto with(const Services& services, Handler handler) {
    return [&services, handler](const http::Request& request) { return handler(services, request); };
}

}  // namespace gatehouse::admin
