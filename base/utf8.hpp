// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::base {

struct Character {
    std::uint32_t code = 0;
    std::size_t length = 0;  ///< in bytes; 0: no character begins here
    friend bool operator==(const Character&, const Character&) = default;
};

/// The character that `text`, which must not be empty, begins with.
[[nodiscard]] constexpr Character first_character(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (length == 0 || first > 0xF4 || text.size() < length) return {};
    std::uint32_t code = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80) return {};
        code = (code << 6U) | (next & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < smallest[length] || code > 0x10FFFF || surrogate) return {};
    return {code, length};
}

[[nodiscard]] bool is_utf8(std::string_view text);

/// How many characters; bytes that are part of none count as one each.
[[nodiscard]] std::size_t count_characters(std::string_view text);

/// `text`, which is UTF-8, if it has at most `most` bytes; else cut before the character that would pass them, and
/// "..." behind.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

/// A text with U+FFFD for each byte that is part of no character.
[[nodiscard]] std::string as_utf8(std::string_view bytes);

}  // namespace gatehouse::base
