#include "server/http/parameters.hpp"

#include "server/http/framing.hpp"
#include "server/http/list.hpp"
#include "server/http/request.hpp"

#include <algorithm>

namespace gatehouse::http {

namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        c = lower_letter(c);
    return lower;
}

void skip_blanks(std::string_view& rest) {
    while (!rest.empty() && is_blank(rest.front()))
        rest.remove_prefix(1);
}

// Takes a quoted string off `rest`, which begins with its quote.
std::optional<std::string> take_quoted(std::string_view& rest, Backslash backslash) {
    std::string value;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        const char c = rest[i];
        if (c == '"') {
            rest.remove_prefix(i + 1);
            return value;
        }
        const bool escape = c == '\\' && i + 1 < rest.size() &&
                            (backslash == Backslash::escapes || rest[i + 1] == '"' || rest[i + 1] == '\\');
        if (escape) ++i;
        value.push_back(rest[i]);
    }
    return std::nullopt;
}

std::optional<std::string> take_value(std::string_view& rest, Backslash backslash) {
    if (rest.starts_with('"')) return take_quoted(rest, backslash);
    const auto length = token_length(rest);
    if (length == 0) return std::nullopt;
    std::string value(rest.substr(0, length));
    rest.remove_prefix(length);
    return value;
}

bool has_control(std::string_view text) {
    while (true) {
        const auto control = find_control(text);
        if (control == text.size()) return false;
        if (text[control] != '\t') return true;
        text.remove_prefix(control + 1);
    }
}

}  // namespace

const std::string* Parameterized::find(std::string_view name) const {
    for (const auto& [known, content] : parameters) {
        if (known == name) return &content;
    }
    return nullptr;
}

std::optional<Parameterized> parse_parameters(std::string_view field, Backslash backslash) {
    if (has_control(field)) return std::nullopt;
    Parameterized parsed;
    auto rest = field.substr(std::min(field.find(';'), field.size()));
    parsed.value = lower_case(trimmed(field.substr(0, field.size() - rest.size())));
    if (parsed.value.empty()) return std::nullopt;
    while (true) {
        skip_blanks(rest);
        if (rest.empty()) return parsed;
        if (!rest.starts_with(';')) return std::nullopt;
        rest.remove_prefix(1);
        skip_blanks(rest);
        if (rest.empty() || rest.starts_with(';')) continue;  // RFC 9110 section 5.6.6 takes empty ones
        const auto length = token_length(rest);
        auto name = lower_case(rest.substr(0, length));
        rest.remove_prefix(length);
        if (name.empty() || !rest.starts_with('=') || parsed.find(name) != nullptr) return std::nullopt;
        rest.remove_prefix(1);
        auto value = take_value(rest, backslash);
        if (!value) return std::nullopt;
        parsed.parameters.emplace_back(std::move(name), std::move(*value));
    }
}

std::optional<Parameterized> parse_media_type(std::string_view field) {
    auto parsed = parse_parameters(field, Backslash::escapes);
    if (!parsed) return std::nullopt;
    const std::string_view type = parsed->value;
    const auto slash = token_length(type);
    if (slash == 0 || slash == type.size() || type[slash] != '/') return std::nullopt;
    const auto subtype = type.substr(slash + 1);
    if (subtype.empty() || token_length(subtype) != subtype.size()) return std::nullopt;
    return parsed;
}

}  // namespace gatehouse::http
