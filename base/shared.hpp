// One immutable value that several threads look at and one replaces. Owned by whoever shares it; any thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace gatehouse::base {

/// Holds its lock only while a pointer is copied. (std::atomic<std::shared_ptr> of GCC 12 does the same with a lock of
/// its own, whose release by a reader orders nothing before the next writer.)
template <class T>
class Shared {
public:
    Shared() = default;
    explicit Shared(std::shared_ptr<const T> value) : value_(std::move(value)) {}

    [[nodiscard]] std::shared_ptr<const T> load() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    void store(std::shared_ptr<const T> value) {
        const std::lock_guard lock(mutex_);
        value_.swap(value);  // the former one is destroyed without the lock
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

}  // namespace gatehouse::base
