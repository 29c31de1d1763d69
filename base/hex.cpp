#include "base/hex.hpp"

#include <sodium.h>

namespace gatehouse::base {

std::string to_hex(std::string_view bytes) {
    std::string text(bytes.size() * 2 + 1, '\0');
    ::sodium_bin2hex(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    text.pop_back();
    return text;
}

std::optional<std::string> from_hex(const std::string& text) {
    std::string data(text.size() / 2, '\0');
    std::size_t size = 0;
    if (text.size() % 2 != 0 || ::sodium_hex2bin(reinterpret_cast<unsigned char*>(data.data()), data.size(),
                                                 text.data(), text.size(), nullptr, &size, nullptr) != 0) {
        return std::nullopt;
    }
    data.resize(size);
    return data;
}

}  // namespace gatehouse::base
