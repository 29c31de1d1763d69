// records/throttle for several threads: sign-ins come through every worker. Each door has one for sign-ins and
// one for the present passwords of who is signed in, so that guessing at the door does not hinder those inside.
#pragma once

#include "records/throttle.hpp"

#include <chrono>
#include <mutex>
#include <string_view>

namespace gatehouse::archive {

class GuardedThrottle {
public:
    /// How long an attempt has to wait; 0: it may go on, and counts as failed until one of the next two is called.
    [[nodiscard]] std::chrono::seconds begin(std::string_view account, std::string_view network) {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        const auto wait = throttle_.wait(account, network, now);
        if (wait.count() == 0) throttle_.failed(account, network, now);
        return wait;
    }
    /// How long it has to wait, without counting it: for what fails seldom, and comes from many at once.
    [[nodiscard]] std::chrono::seconds wait(std::string_view account, std::string_view network) {
        const std::lock_guard lock(mutex_);
        return throttle_.wait(account, network, std::chrono::steady_clock::now());
    }
    void failed(std::string_view account, std::string_view network) {
        const std::lock_guard lock(mutex_);
        throttle_.failed(account, network, std::chrono::steady_clock::now());
    }
    void succeeded(std::string_view account, std::string_view network) {
        const std::lock_guard lock(mutex_);
        throttle_.succeeded(account, network, std::chrono::steady_clock::now());
    }
    /// It could not be judged: too much to do, or a failure of ours.
    void take_back(std::string_view account, std::string_view network) {
        const std::lock_guard lock(mutex_);
        throttle_.take_back(account, network);
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

}  // namespace gatehouse::archive
