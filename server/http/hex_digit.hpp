// What a hexadecimal digit is worth: for percent-escapes and chunk sizes. Any thread.
#pragma once

namespace gatehouse::http {

/// 0 to 15, of either case; -1 for what is no hexadecimal digit.
[[nodiscard]] constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace gatehouse::http
