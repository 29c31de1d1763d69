#include "server/http/percent.hpp"

#include "server/http/hex_digit.hpp"

namespace gatehouse::http {

std::optional<char> escaped_byte(std::string_view text, std::size_t at) {
    if (at >= text.size() || text.size() - at < 3 || text[at] != '%') return std::nullopt;
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

bool append_unescaped(std::string_view text, Plus plus, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const auto byte = escaped_byte(text, i);
            if (!byte) return false;
            out.push_back(*byte);
            i += 2;
        } else {
            out.push_back(text[i] == '+' && plus == Plus::space ? ' ' : text[i]);
        }
    }
    return true;
}

}  // namespace gatehouse::http
