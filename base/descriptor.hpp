// A file descriptor that closes itself. Owned by one holder at a time; any thread.
#pragma once

#include <unistd.h>
#include <utility>

namespace gatehouse::base {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = other.release();
        }
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
    /// Hands the number to the caller, who closes it from then on.
    [[nodiscard]] int release() { return std::exchange(number_, -1); }

private:
    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }

    int number_ = -1;
};

}  // namespace gatehouse::base
