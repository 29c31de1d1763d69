#include "server/net/buffers.hpp"

#include <utility>

namespace gatehouse::net {

Block::Block(Block&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      bytes_(std::move(other.bytes_)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Block& Block::operator=(Block&& other) noexcept {
    if (this != &other) {
        release();
        pool_ = std::exchange(other.pool_, nullptr);
        bytes_ = std::move(other.bytes_);
        capacity_ = std::exchange(other.capacity_, 0);
    }
    return *this;
}

void Block::release() noexcept {
    if (bytes_) pool_->give_back(std::move(bytes_), capacity_);
    capacity_ = 0;
}

Block BufferPool::take(std::size_t size) {
    auto& shelf = size <= small ? small_ : large_;
    const std::size_t capacity = size <= small ? small : size <= large ? large : size;
    if (capacity <= large && !shelf.empty()) {
        auto bytes = std::move(shelf.back());
        shelf.pop_back();
        return {this, std::move(bytes), capacity};
    }
    // Uninitialised on purpose: every byte is written before it is read.
    return {this, std::unique_ptr<char[]>(new char[capacity]), capacity};
}

void BufferPool::give_back(std::unique_ptr<char[]> bytes, std::size_t capacity) noexcept {
    if (capacity > large) return;
    auto& shelf = capacity == small ? small_ : large_;
    if (shelf.size() >= kept) return;
    try {
        shelf.push_back(std::move(bytes));
    } catch (const std::bad_alloc&) {
        return;  // the block is freed instead of kept
    }
}

void BufferPool::trim() {
    constexpr std::size_t at_rest = 4;
    if (small_.size() > at_rest) small_.resize(at_rest);
    if (large_.size() > at_rest) large_.resize(at_rest);
    small_.shrink_to_fit();
    large_.shrink_to_fit();
}

}  // namespace gatehouse::net
