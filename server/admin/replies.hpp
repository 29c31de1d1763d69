// Answers that several of the admin door's rooms give beside those of http/answers, and how a handler becomes a
// route's. Pure; any thread.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/answers.hpp"
#include "server/http/router.hpp"

#include <cstdint>
#include <optional>

namespace gatehouse::admin {

/// What the JSON bodies of this door's routes may have.
inline constexpr std::uint64_t most_json_bytes = 64UL * 1024;

using http::no_content;
using http::refused;
using http::too_many;

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
