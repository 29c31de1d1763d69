// Comma-separated lists in field values (RFC 9110 section 5.6.1) and the white space around their members. Pure; any
// thread.
#pragma once

#include <string_view>

namespace gatehouse::http {

[[nodiscard]] constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// Without the blanks at both ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Calls `take` with each trimmed member, empty ones skipped. False from `take` ends it, and is then the result.
/// Quoted strings are not known here: for lists whose members hold none.
template <class Take>
bool each_member(std::string_view list, Take take) {
    while (true) {
        const auto comma = list.find(',');
        const auto member = trimmed(list.substr(0, comma));
        if (!member.empty() && !take(member)) return false;
        if (comma == std::string_view::npos) return true;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace gatehouse::http
