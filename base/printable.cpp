#include "base/printable.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace gatehouse::base {

namespace {

// Characters that move the cursor, end a line or turn the direction of writing on a terminal.
bool is_unsafe(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200E ||
           code == 0x200F || code == 0xFEFF;
}

}  // namespace

std::string printable(std::string_view text, bool in_quotes) {
    std::string out;
    out.reserve(text.size());
    std::array<char, 16> escape{};
    while (!text.empty()) {
        const Character next = first_character(text);
        const std::size_t length = std::max<std::size_t>(next.length, 1);
        const char c = text.front();
        if (next.length == 0) {
            std::snprintf(escape.data(), escape.size(), "\\x%02X", static_cast<unsigned char>(c));
            out += escape.data();
        } else if (c == '\n') {
            out += "\\n";
        } else if (is_unsafe(next.code)) {
            std::snprintf(escape.data(), escape.size(), next.code < 0x100 ? "\\x%02X" : "\\u{%X}", next.code);
            out += escape.data();
        } else {
            if (in_quotes && (c == '"' || c == '\\')) out += '\\';
            out.append(text, 0, length);
        }
        text.remove_prefix(length);
    }
    return out;
}

}  // namespace gatehouse::base
