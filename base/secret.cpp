#include "base/secret.hpp"

#include <cstring>
#include <utility>

namespace gatehouse::base {

Secret::Secret(std::string_view bytes) : Secret(bytes.size()) {
    if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), bytes.size());
}

Secret::Secret(std::size_t size)
    : bytes_(size == 0 ? nullptr : std::make_unique<char[]>(size)), size_(size), capacity_(size) {}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        clear();
        bytes_ = std::move(other.bytes_);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
    }
    return *this;
}

Secret::~Secret() {
    clear();
}

void Secret::shrink(std::size_t size) {
    if (size >= size_) return;
    explicit_bzero(bytes_.get() + size, size_ - size);
    size_ = size;
}

bool Secret::equals(std::string_view other) const {
    if (other.size() != size_) return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        difference = static_cast<unsigned char>(difference | (bytes_[i] ^ other[i]));
    }
    // The barrier keeps the compiler from leaving the loop early.
    asm volatile("" : "+r"(difference));
    return difference == 0;
}

void Secret::clear() noexcept {
    if (bytes_) explicit_bzero(bytes_.get(), capacity_);
    bytes_.reset();
    size_ = 0;
    capacity_ = 0;
}

}  // namespace gatehouse::base
