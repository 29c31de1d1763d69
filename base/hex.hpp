// Bytes as hex and back, in libsodium's way: in the same time whatever the bytes are. Stateless; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::base {

/// Lower-case hex without separators.
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// The bytes; nullopt where `text` is anything else than pairs of hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hex(const std::string& text);

}  // namespace gatehouse::base
