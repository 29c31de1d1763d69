// What may stand in a text column: UTF-8, and no control characters where people read it; and how texts are compared.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::records {

/// UTF-8 without control characters (U+0000-U+001F, U+007F-U+009F).
[[nodiscard]] bool is_printable(std::string_view text);

/// Text that a stranger chose (a user agent, a name typed at the sign-in) as it may be stored: each control character
/// and each byte that is no UTF-8 becomes '?'; cut before the character that would pass `limit` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit);

/// With a to z for A to Z and all else as it is, as lower() of the database does.
[[nodiscard]] std::string lower_case(std::string_view text);

/// Not what RFC 5322 allows, but what tells an e-mail address from a slip; at most 254 bytes.
[[nodiscard]] bool is_email(std::string_view text);

/// What LIKE ... ESCAPE '\' finds `text` within; in lower case.
[[nodiscard]] std::string pattern_of(std::string_view text);

/// Text that is kept as it came, as far as a column can: bytes that are no UTF-8, and NUL, become U+FFFD.
[[nodiscard]] std::string storable(std::string_view text);

/// `text` (UTF-8), cut before the character that would pass `limit` bytes.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t limit);

}  // namespace gatehouse::records
