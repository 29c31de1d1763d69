// Secret: bytes that must not be seen (passphrases, private keys, tokens). Move-only; the memory is wiped when it is
// released; there is no way to print it, and comparing takes the same time whatever differs. Owned like a string; any
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::base {

class Secret {
public:
    Secret() = default;
    /// Copies `bytes`; the caller's own copy is the caller's to wipe.
    explicit Secret(std::string_view bytes);
    /// `size` zero bytes, to be filled through `writable`.
    explicit Secret(std::size_t size);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// A second copy, made on purpose.
    [[nodiscard]] Secret clone() const { return Secret(reveal()); }
    /// The bytes themselves. The view dies with the Secret; never log or store it.
    [[nodiscard]] std::string_view reveal() const { return {bytes_.get(), size_}; }
    [[nodiscard]] char* writable() { return bytes_.get(); }
    /// Forgets and wipes all bytes from `size` on.
    void shrink(std::size_t size);
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    /// Same length and bytes, compared in constant time for equal lengths.
    [[nodiscard]] bool equals(std::string_view other) const;

private:
    void clear() noexcept;

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;      // bytes in use
    std::size_t capacity_ = 0;  // bytes to wipe
};

}  // namespace gatehouse::base
