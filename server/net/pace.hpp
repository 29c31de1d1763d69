// How often somebody may do a thing: so many at once, and one more each time an interval has passed. Owned by the whole
// that bounds it (admin/office, clean/reception); any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::net {

class Pace {
public:
    using Moment = std::chrono::steady_clock::time_point;
    struct Limits {
        std::int64_t at_once;
        std::chrono::milliseconds interval;
    };

    explicit Pace(Limits limits) : limits_(limits) {}

    /// Whether `name` may do it now; then it counts. Names are those of accounts: strangers can't make them up.
    [[nodiscard]] bool take(std::string_view name, Moment now);

    /// How many names are remembered: those that did it lately.
    [[nodiscard]] std::size_t size() const;

private:
    const Limits limits_;
    mutable std::mutex mutex_;                        // guards all
    std::unordered_map<std::string, Moment> rested_;  // by name: when all of `at_once` may be done again
    Moment swept_{};
};

}  // namespace gatehouse::net
