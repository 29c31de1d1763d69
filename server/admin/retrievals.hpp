// Chains that were retrieved and may be imported, each for whom it was shown to, and how often somebody may retrieve.
// In memory only. Owned by the office; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::admin {

/// What a server presented, its own certificate first.
struct Retrieval {
    struct Link {
        std::string fingerprint_sha256;
        std::string pem;
    };
    std::string server;  ///< HOST:PORT
    std::vector<Link> chain;
};

class Retrievals {
public:
    using Moment = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::seconds kept = std::chrono::minutes(10);
    static constexpr std::size_t most_of_one = 8;
    static constexpr std::size_t most = 64;
    static constexpr std::size_t most_a_minute_by_one = 10;
    static constexpr std::size_t most_a_minute = 60;

    /// How long `who` has to wait before the next retrieval; 0: it may go on, and counts.
    [[nodiscard]] std::chrono::seconds begin(std::string_view who, Moment now);

    /// Remembers it for `who`; where there are too many, the oldest is forgotten. Its id, which nobody can guess.
    [[nodiscard]] std::string keep(std::string_view who, Retrieval retrieval, Moment now);
    /// Null: it is gone, or was never shown to `who`.
    [[nodiscard]] std::shared_ptr<const Retrieval> find(std::string_view who, std::string_view id, Moment now) const;

private:
    struct Entry {
        std::string id;
        std::string who;
        Moment at;
        std::shared_ptr<const Retrieval> retrieval;
    };

    mutable std::mutex mutex_;                          // guards all; for retrievals only
    std::deque<Entry> entries_;                         // the oldest first
    std::deque<std::pair<Moment, std::string>> begun_;  // of the last minute, the oldest first
};

}  // namespace gatehouse::admin
