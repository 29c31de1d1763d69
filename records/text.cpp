#include "records/text.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <cstdint>

namespace gatehouse::records {

namespace {

constexpr std::size_t longest_email = 254;  // RFC 5321, 4.5.3.1.3

bool is_control(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

}  // namespace

bool is_printable(std::string_view text) {
    while (!text.empty()) {
        const base::Character character = base::first_character(text);
        if (character.length == 0 || is_control(character.code)) return false;
        text.remove_prefix(character.length);
    }
    return true;
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        const base::Character character = base::first_character(text);
        const bool replaced = character.length == 0 || is_control(character.code);
        const std::string_view added = replaced ? std::string_view("?") : text.substr(0, character.length);
        if (out.size() + added.size() > limit) break;
        out += added;
        text.remove_prefix(character.length == 0 ? 1 : character.length);
    }
    return out;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

bool is_email(std::string_view text) {
    const std::size_t at = text.find('@');
    return text.size() <= longest_email && is_printable(text) && text.find(' ') == std::string_view::npos &&
           at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos;
}

std::string pattern_of(std::string_view text) {
    std::string pattern = "%";
    for (const char c : lower_case(text)) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + "%";
}

std::string storable(std::string_view text) {
    std::string out;
    const std::string whole = base::as_utf8(text);
    for (const char c : whole) {
        if (c == '\0') {
            out += "\uFFFD";
        } else {
            out += c;
        }
    }
    return out;
}

std::string_view cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    constexpr auto goes_on = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    while (limit > 0 && goes_on(text[limit]))
        --limit;
    return text.substr(0, limit);
}

}  // namespace gatehouse::records
