#include "server/admin/replies.hpp"

#include <string>

namespace gatehouse::admin {

std::optional<http::Response> refuse_token(const http::Request& request) {
    if (request.caller->means != by_token) return std::nullopt;
    return http::problem(403, "token_not_allowed", "This takes somebody who signed in; a token is not enough.");
}

std::optional<config::Interface> interface_of(const http::Request& request) {
    for (const auto interface : config::interfaces) {
        if (config::name(interface) == request.parameter("interface")) return interface;
    }
    return std::nullopt;
}

http::Response no_such_door(const http::Request& request) {
    return http::problem(404, "not_found",
                         "There is no door " + std::string(request.parameter("interface")) + ", only clean and admin.");
}

}  // namespace gatehouse::admin
