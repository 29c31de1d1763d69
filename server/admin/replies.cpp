#include "server/admin/replies.hpp"

#include "server/admin/identities.hpp"

namespace gatehouse::admin {

http::Response no_content() {
    http::Response response;
    response.status = 204;
    return response;
}

http::Response too_many(std::chrono::seconds wait) {
    const std::string seconds = std::to_string(wait.count());
    const char* unit = wait.count() == 1 ? " second" : " seconds";
    auto response = http::problem(429, "too_many_requests", "Wait " + seconds + unit + " before the next attempt.");
    response.fields.emplace_back("Retry-After", seconds);
    return response;
}

http::Response refused(const base::Error& error) {
    return error.kind == base::ErrorKind::input ? http::problem(422, error.code, error.text()) : http::problem(error);
}

http::Response refused(const base::Error& error,
                       std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
    for (const auto& [code, pointer] : members) {
        if (code == error.code)
            return http::problem(http::Refusal{422, error.code, error.text(), std::string(pointer)});
    }
    return refused(error);
}

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
