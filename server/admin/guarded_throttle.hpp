// records/throttle for several threads: sign-ins come through every worker. Owned by the appliance.
#pragma once

#include "records/throttle.hpp"

#include <chrono>
#include <mutex>
#include <string_view>

namespace gatehouse::admin {

class GuardedThrottle {
public:
    /// How long an attempt has to wait; 0: it may go on, and counts as failed until `succeeded`.
    [[nodiscard]] std::chrono::seconds begin(std::string_view account, std::string_view network) {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        const auto wait = throttle_.wait(account, network, now);
        if (wait.count() == 0) throttle_.failed(account, network, now);
        return wait;
    }
    void succeeded(std::string_view account, std::string_view network) {
        const std::lock_guard lock(mutex_);
        throttle_.succeeded(account, network);
    }
    /// Forgets the account's failures, wherever they came from.
    void forgive(std::string_view account) {
        const std::lock_guard lock(mutex_);
        throttle_.forgive(account);
    }

private:
    std::mutex mutex_;  // guards the throttle; on the way of sign-ins only
    records::Throttle throttle_;
};

}  // namespace gatehouse::admin
