// What may stand in a text column: UTF-8, and no control characters where people read it. Pure; any thread.
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

}  // namespace gatehouse::records
