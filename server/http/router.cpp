#include "server/http/router.hpp"

#include "server/http/percent.hpp"

#include <algorithm>
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

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// Splits off the first segment of "a/b/c".
std::string_view next_segment(std::string_view& path) {
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    return segment;
}

bool matches(std::string_view pattern, std::string_view path) {
    if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/')) return false;
    while (!pattern.empty() || !path.empty()) {
        const auto wanted = next_segment(pattern);
        const auto given = next_segment(path);
        if (is_parameter(wanted) ? given.empty() : wanted != given) return false;
    }
    return true;
}

std::string decoded(std::string_view segment) {
    std::string text;
    // The framing has refused malformed escapes already (RFC 3986 section 2.1).
    if (!append_unescaped(segment, Plus::itself, text)) text = segment;
    return text;
}

void fill_parameters(Request& request, std::string_view pattern) {
    request.parameters.clear();
    std::string_view path = request.path;
    while (!pattern.empty() || !path.empty()) {
        const auto wanted = next_segment(pattern);
        const auto given = next_segment(path);
        if (is_parameter(wanted)) request.parameters.emplace_back(wanted.substr(1, wanted.size() - 2), decoded(given));
    }
}

// The handler outlives its answer, as the router does.
Later with_whole_body(const StreamHandler& handler, const Request& request) {
    WholeBody body(request.body);
    Response response = co_await handler(request, body);
    co_return response;
}

}  // namespace

Router::Router(std::vector<Route> routes, Handler fallback, Gate gate, Dress dress)
    : routes_(std::move(routes)), fallback_(std::move(fallback)), gate_(std::move(gate)), dress_(std::move(dress)) {
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const auto parameter = routes_[i].path.find("/{");
        if (parameter == std::string::npos) {
            exact_.push_back(i);
        } else {
            parametrised_.push_back({i, parameter + 1});
        }
    }
    std::stable_sort(exact_.begin(), exact_.end(),
                     [this](std::size_t left, std::size_t right) { return routes_[left].path < routes_[right].path; });
}

template <class Visit>
void Router::each_claiming(std::string_view path, const Visit& visit) const {
    auto exact = std::lower_bound(exact_.begin(), exact_.end(), path, [this](std::size_t i, std::string_view sought) {
        return routes_[i].path.compare(sought) < 0;
    });
    const bool is_exact = exact != exact_.end() && routes_[*exact].path == path;
    for (; exact != exact_.end() && routes_[*exact].path == path; ++exact)
        visit(routes_[*exact]);
    if (is_exact) return;
    for (const auto& [i, literal] : parametrised_) {
        const std::string& pattern = routes_[i].path;
        if (path.size() > literal && path.compare(0, literal, pattern, 0, literal) == 0 && matches(pattern, path))
            visit(routes_[i]);
    }
}

const Route* Router::find(const Request& request) const {
    const Route* same_method = nullptr;
    const Route* by_get = nullptr;
    each_claiming(request.path, [&](const Route& route) {
        if (same_method == nullptr && route.method == request.method) same_method = &route;
        if (by_get == nullptr && route.method == answering(request.method)) by_get = &route;
    });
    return same_method != nullptr ? same_method : by_get;
}

std::optional<Response> Router::refuse(Request& request, const Route& route) const {
    fill_parameters(request, route.path);
    if (route.access == Access::anyone) return std::nullopt;
    if (!gate_) return problem(403, "denied", "Nobody is let in here.");
    return gate_(request, route.access);
}

Response Router::without_route(const Request& request) const {
    std::string allow;
    const auto permit = [&](Method method) {
        const auto text = name(method);
        if (text.empty() || allow.find(text) != std::string::npos) return;
        allow.append(allow.empty() ? "" : ", ").append(text);
    };
    each_claiming(request.path, [&](const Route& route) {
        permit(route.method);
        if (route.method == Method::get) permit(Method::head);
    });
    if (!allow.empty()) return not_allowed(std::move(allow));
    if (!fallback_) return problem(404, "not_found", "There is nothing at this address.");
    if (answering(request.method) != Method::get) return not_allowed("GET, HEAD");
    return fallback_(request);
}

std::variant<Response, Later> Router::answer(Request& request, BodyReader* body) const {
    const auto* route = find(request);
    if (route == nullptr) return without_route(request);
    if (auto refused = refuse(request, *route)) return std::move(*refused);
    if (const auto* at_once = std::get_if<Handler>(&route->handler)) return (*at_once)(request);
    if (const auto* later = std::get_if<LaterHandler>(&route->handler)) return (*later)(request);
    const auto& stream = std::get<StreamHandler>(route->handler);
    return body != nullptr ? stream(request, *body) : with_whole_body(stream, request);
}

void Router::dress(const Request& request, Response& response) const {
    if (dress_) dress_(request, response);
}

Response Router::finished(const Request& request, Response response) const {
    dress(request, response);
    if (request.method == Method::head) drop_body(response);
    return response;
}

Later Router::finished_later(const Request& request, Later later) const {
    co_return finished(request, co_await std::move(later));
}

std::variant<Response, Later> Router::handle(Request& request, BodyReader* body) const {
    auto answered = answer(request, body);
    if (request.method != Method::head && !dress_) return answered;
    if (auto* response = std::get_if<Response>(&answered)) return finished(request, std::move(*response));
    return finished_later(request, std::move(std::get<Later>(answered)));
}

bool Router::streams(const Request& request) const {
    const auto* route = find(request);
    return route != nullptr && std::holds_alternative<StreamHandler>(route->handler);
}

std::uint64_t Router::body_limit(Request& request) const {
    const auto* route = find(request);
    return route == nullptr || refuse(request, *route) ? 0 : route->body_bytes;
}

}  // namespace gatehouse::http
