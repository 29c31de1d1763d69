#include "server/http/cookies.hpp"

#include "server/http/framing.hpp"
#include "server/http/list.hpp"

#include <algorithm>
#include <stdexcept>

namespace gatehouse::http {

namespace {

std::string_view without_quotes(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') return value.substr(1, value.size() - 2);
    return value;
}

bool is_cookie_octet(char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

}  // namespace

Judged<std::optional<std::string_view>> find_cookie(const Request& request, std::string_view name) {
    std::optional<std::string_view> found;
    for (const auto& field : request.fields) {
        if (!same_name(field.name, "Cookie")) continue;
        auto rest = field.value;
        while (!rest.empty()) {
            const auto pair = rest.substr(0, rest.find(';'));
            rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
            const auto equals = pair.find('=');
            if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != name) continue;
            const auto value = without_quotes(trimmed(pair.substr(equals + 1)));
            if (found && *found != value) return refuse(Flaw::cookie_ambiguous);
            found = value;
        }
    }
    return found;
}

std::string set_host_cookie(std::string_view name, std::string_view value, std::optional<std::chrono::seconds> age) {
    if (!name.starts_with("__Host-") || token_length(name) != name.size() ||
        !std::all_of(value.begin(), value.end(), is_cookie_octet)) {
        throw std::invalid_argument("a __Host- cookie with a name or value that no cookie may have");
    }
    std::string field;
    field.append(name).append("=").append(value).append("; Path=/; Secure; HttpOnly; SameSite=Strict");
    if (age) field.append("; Max-Age=").append(std::to_string(std::max<std::int64_t>(age->count(), 0)));
    return field;
}

std::string clear_host_cookie(std::string_view name) {
    return set_host_cookie(name, {}, std::chrono::seconds(0));
}

}  // namespace gatehouse::http
