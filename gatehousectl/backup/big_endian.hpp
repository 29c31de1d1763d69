// Numbers as a backup has them. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl::backup {

/// The lowest `size` bytes of the number, the highest of them first.
[[nodiscard]] inline std::string big_endian(std::uint64_t number, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = size; i-- > 0; number >>= 8U)
        bytes[i] = static_cast<char>(number & 0xFFU);
    return bytes;
}

/// The number in at most 8 such bytes.
[[nodiscard]] inline std::uint64_t number_in(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char c : bytes)
        number = number << 8U | static_cast<unsigned char>(c);
    return number;
}

}  // namespace gatehouse::gatehousectl::backup
