// Percent-escapes (RFC 3986 section 2.1). Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

/// The byte that the escape %XX at `at` stands for; nullopt where there is none.
[[nodiscard]] std::optional<char> escaped_byte(std::string_view text, std::size_t at);

/// What a '+' stands for: itself in a path, a space in what a form sends.
enum class Plus { itself, space };

/// Appends `text` to `out`, each escape as its byte, decoded once. False: a '%' begins no escape; `out` is then of no
/// use.
[[nodiscard]] bool append_unescaped(std::string_view text, Plus plus, std::string& out);

}  // namespace gatehouse::http
