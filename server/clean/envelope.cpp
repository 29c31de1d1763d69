#include "server/clean/envelope.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

constexpr std::string_view problem_type = "application/problem+json";

// Tells one answer from another, where somebody asks about it. Clients do not count with it.
std::int64_t answer_id() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    constexpr std::int64_t most = 0x7fffffff;  // clients keep it in 32 bits
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count() & most;
}

std::string* content_type_of(http::Response& response) {
    const auto found = std::find_if(response.fields.begin(), response.fields.end(),
                                    [](const auto& field) { return http::same_name(field.first, "Content-Type"); });
    return found == response.fields.end() ? nullptr : &found->second;
}

// What the problem says: its sentence, or where it keeps that to itself the name of its status.
std::string message_of(const http::Response& problem) {
    const Json document = Json::parse(http::text_of(problem.body), nullptr, false);
    if (document.is_object()) {
        if (const auto detail = document.find("detail"); detail != document.end() && detail->is_string())
            return detail->get<std::string>();
    }
    return std::string(http::reason_phrase(problem.status));
}

}  // namespace

unsigned api_version(std::string_view path) {
    constexpr std::string_view root = "/api/v";
    if (!path.starts_with(root) || path.size() == root.size()) return 0;
    const char digit = path[root.size()];
    const auto rest = path.substr(root.size() + 1);
    if ((digit != '2' && digit != '3') || (!rest.empty() && rest.front() != '/')) return 0;
    return static_cast<unsigned>(digit - '0');
}

http::Response enveloped(const http::Request& request, const Json& data, unsigned status) {
    return http::json_response({{"api_version", api_version(request.path)}, {"id", answer_id()}, {"data", data}},
                               status);
}

Json page_of(const Extent& extent, Json items) {
    const auto count = items.size();
    return {{"index", extent.index},
            {"total", extent.total},
            {"took", extent.took.count()},
            {"timed_out", false},
            {"items_per_page", extent.items_per_page},
            {"current_item_count", count},
            {"items", std::move(items)}};
}

void dress_refusal(const http::Request& request, http::Response& response) {
    const unsigned version = api_version(request.path);
    if (version == 0) return;
    std::string* const type = content_type_of(response);
    if (type == nullptr || *type != problem_type) return;
    *type = "application/json";
    const std::string message = message_of(response);
    const Json error{{"message", message},
                     {"code", response.status},
                     {"errors", Json::array({{{"code", response.status}, {"message", message}}})}};
    const Json document{{"api_version", version}, {"id", answer_id()}, {"error", error}};
    response.body = document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gatehouse::clean
