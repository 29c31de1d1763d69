#include "server/samples/store_count.hpp"

#include <algorithm>

namespace gatehouse::samples {

std::size_t StoreCount::folder_of(std::string_view sha256) {
    constexpr std::size_t digits = 4;
    constexpr std::size_t base = 16;
    constexpr std::size_t after_nine = 10;
    std::size_t number = 0;
    for (const char digit : sha256.substr(0, digits)) {
        const bool is_letter = digit >= 'a';
        number =
            number * base + static_cast<std::size_t>(digit - (is_letter ? 'a' : '0')) + (is_letter ? after_nine : 0);
    }
    return number % folders;
}

void StoreCount::change(std::size_t folder, std::int64_t bytes) {
    expected_ += bytes;
    if (counted_.test(folder)) found_ += bytes;
}

void StoreCount::found(std::size_t folder, std::uint64_t bytes) {
    if (counted_.test(folder)) return;
    counted_.set(folder);
    found_ += static_cast<std::int64_t>(bytes);
}

std::uint64_t StoreCount::bytes() const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, is_complete() ? found_ : expected_));
}

}  // namespace gatehouse::samples
