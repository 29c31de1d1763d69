// What went through one door at one worker, counted since the start. The worker's thread writes, any thread reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gatehouse::http {

/// A number that one thread changes and all may read.
class Count {
public:
    void add(std::int64_t change) {
        value_.store(value_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(change),
                     std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// By what a handshake ended in; a failed one has no version.
enum class HandshakeEnd { tls_1_2, tls_1_3, older, failed };
inline constexpr std::size_t handshake_ends = 4;

struct Traffic {
    static constexpr unsigned least_status = 100;
    static constexpr unsigned most_status = 599;

    Count connections;  ///< open now
    std::array<Count, handshake_ends> handshakes;
    std::array<Count, most_status - least_status + 1> requests;  ///< by status

    void count_request(unsigned status) {
        if (status >= least_status && status <= most_status) requests.at(status - least_status).add(1);
    }
    void count_handshake(HandshakeEnd end) { handshakes.at(static_cast<std::size_t>(end)).add(1); }
};

}  // namespace gatehouse::http
