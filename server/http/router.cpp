#include "server/http/router.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gatehouse::http {

namespace {

// The route method that answers a request: GET routes take HEAD too.
Method answering(Method method) {
    return method == Method::head ? Method::get : method;
}

Response not_allowed(std::string allow) {
    auto response = problem(405, "method_not_allowed", "This address does not take that method; see Allow.");
    response.fields.emplace_back("Allow", std::move(allow));
    return response;
}

}  // namespace

Router::Router(std::vector<Route> routes, Handler fallback)
    : routes_(std::move(routes)), by_path_(routes_.size()), fallback_(std::move(fallback)) {
    std::iota(by_path_.begin(), by_path_.end(), std::size_t{0});
    std::stable_sort(by_path_.begin(), by_path_.end(),
                     [this](std::size_t left, std::size_t right) { return routes_[left].path < routes_[right].path; });
}

std::span<const std::size_t> Router::claiming(std::string_view path) const {
    const auto first = std::lower_bound(by_path_.begin(), by_path_.end(), path,
                                        [this](std::size_t i, std::string_view p) { return routes_[i].path < p; });
    const auto last = std::find_if(first, by_path_.end(), [&](std::size_t i) { return routes_[i].path != path; });
    return {first, last};
}

const Route* Router::find(const Request& request) const {
    const Route* by_get = nullptr;
    for (const auto index : claiming(request.path)) {
        const auto& route = routes_[index];
        if (route.method == request.method) return &route;
        if (by_get == nullptr && route.method == answering(request.method)) by_get = &route;
    }
    return by_get;
}

Response Router::answer(const Request& request) const {
    if (const auto* route = find(request)) return route->handler(request);
    std::string allow;
    const auto permit = [&](Method method) {
        const auto text = name(method);
        if (text.empty() || allow.find(text) != std::string::npos) return;
        allow.append(allow.empty() ? "" : ", ").append(text);
    };
    const auto claimed = claiming(request.path);
    for (const auto index : claimed) {
        permit(routes_[index].method);
        if (routes_[index].method == Method::get) permit(Method::head);
    }
    if (!claimed.empty()) return not_allowed(std::move(allow));
    if (!fallback_) return problem(404, "not_found", "There is nothing at this address.");
    if (answering(request.method) != Method::get) return not_allowed("GET, HEAD");
    return fallback_(request);
}

Response Router::handle(const Request& request) const {
    auto response = answer(request);
    if (request.method == Method::head) drop_body(response);
    return response;
}

std::uint64_t Router::body_limit(const Request& request) const {
    const auto* route = find(request);
    return route == nullptr ? 0 : route->body_bytes;
}

}  // namespace gatehouse::http
