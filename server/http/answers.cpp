#include "server/http/answers.hpp"

#include "server/http/rfc3339.hpp"

namespace gatehouse::http {

Json time_shape(std::int64_t seconds) {
    return format_rfc3339(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
}

Json moment_shape(std::chrono::sys_time<std::chrono::microseconds> moment) {
    return format_rfc3339(std::chrono::floor<std::chrono::seconds>(moment));
}

Json moment_or_null(const std::optional<std::chrono::sys_time<std::chrono::microseconds>>& moment) {
    return moment ? moment_shape(*moment) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Response json_response(const Json& body, unsigned status) {
    Response response;
    response.status = status;
    response.fields = {
        {"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    // Names in a certificate are whatever its issuer wrote.
    response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return response;
}

Response list_response(Json items, const std::optional<std::string>& next) {
    return json_response({{"items", std::move(items)}, {"next", next ? Json(*next) : Json(nullptr)}});
}

Response no_content() {
    Response response;
    response.status = 204;
    return response;
}

std::string in_words(std::chrono::seconds wait) {
    return std::to_string(wait.count()) + (wait.count() == 1 ? " second" : " seconds");
}

Response too_many(std::chrono::seconds wait) {
    auto response = problem(429, "too_many_requests", "Wait " + in_words(wait) + " before the next attempt.");
    response.fields.emplace_back("Retry-After", std::to_string(wait.count()));
    return response;
}

Response refused(const base::Error& error) {
    return error.kind == base::ErrorKind::input ? problem(422, error.code, error.text()) : problem(error);
}

Response refused(const base::Error& error,
                 std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
    for (const auto& [code, pointer] : members) {
        if (code == error.code) return problem(Refusal{422, error.code, error.text(), std::string(pointer)});
    }
    return refused(error);
}

}  // namespace gatehouse::http
