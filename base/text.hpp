// Small things done to text by several rooms. Pure; any thread.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::base {

[[nodiscard]] constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// `text` without what of `blank` stands before and behind it.
[[nodiscard]] inline std::string_view trimmed(std::string_view text, std::string_view blank = " ") {
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// `parts`, of which each is text, as one, with `between` between them.
template <class Parts = std::vector<std::string>>
[[nodiscard]] std::string joined(const Parts& parts, std::string_view between) {
    std::string text;
    for (const std::string_view part : parts) {
        if (!text.empty()) text += between;
        text += part;
    }
    return text;
}

/// All that was found wrong, a line each.
[[nodiscard]] inline std::string joined(const std::vector<Error>& errors) {
    std::vector<std::string> texts;
    texts.reserve(errors.size());
    for (const Error& error : errors)
        texts.push_back(error.text());
    return joined(texts, "\n");
}

}  // namespace gatehouse::base
