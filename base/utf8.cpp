#include "base/utf8.hpp"

#include <algorithm>

namespace gatehouse::base {

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = first_character(text).length;
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count)
        text.remove_prefix(std::max<std::size_t>(first_character(text).length, 1));
    return count;
}

std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    std::size_t kept = 0;
    for (std::size_t next = 0; next <= most;
         next += std::max<std::size_t>(first_character(text.substr(next)).length, 1))
        kept = next;
    return std::string(text.substr(0, kept)) + "...";
}

std::string as_utf8(std::string_view bytes) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t length = first_character(bytes).length;
        text.append(length == 0 ? replacement : bytes.substr(0, length));
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text;
}

}  // namespace gatehouse::base
