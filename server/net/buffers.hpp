// Blocks of memory that connections borrow while they work, so that an idle one holds none. One pool per worker, that
// worker's thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace gatehouse::net {

class BufferPool;

/// A borrowed block; gives itself back. Empty when default-made.
class Block {
public:
    Block() = default;
    Block(Block&& other) noexcept;
    Block& operator=(Block&& other) noexcept;
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() { release(); }

    [[nodiscard]] char* data() const { return bytes_.get(); }
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] explicit operator bool() const { return bytes_ != nullptr; }
    void release() noexcept;

private:
    friend class BufferPool;
    Block(BufferPool* pool, std::unique_ptr<char[]> bytes, std::size_t capacity)
        : pool_(pool), bytes_(std::move(bytes)), capacity_(capacity) {}

    BufferPool* pool_ = nullptr;
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
};

class BufferPool {
public:
    /// One TLS record and its header (RFC 8446 section 5.2).
    static constexpr std::size_t small = 16 * 1024 + 512;
    /// Four full records: what a file chunk of 64 KiB becomes.
    static constexpr std::size_t large = 66 * 1024 + 512;

    /// A block of at least `size` bytes: small or large from the pool, a fresh one beyond that.
    [[nodiscard]] Block take(std::size_t size);
    /// Gives back to the allocator what lies unused beyond a few blocks.
    void trim();

private:
    friend class Block;
    void give_back(std::unique_ptr<char[]> bytes, std::size_t capacity) noexcept;

    static constexpr std::size_t kept = 32;  // blocks of each size that stay for the next ones
    std::vector<std::unique_ptr<char[]>> small_;
    std::vector<std::unique_ptr<char[]>> large_;
};

}  // namespace gatehouse::net
