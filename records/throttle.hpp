// Slows guessing down: a growing delay per account and per address after failed sign-ins. A plain value in memory,
// without the database and without a lock: its owner guards it where several threads sign people in.
//
// An attempt is counted as failed before it is judged, and taken back when it succeeds; else a thousand attempts at the
// same moment would all be free:
//     if (wait = throttle.wait(account, address, now); wait > 0) refuse with Retry-After
//     throttle.failed(account, address, now);
//     if (the password is right) throttle.succeeded(account, address);
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::records {

class Throttle {
public:
    /// A clock that nobody sets.
    using Moment = std::chrono::steady_clock::time_point;

    static constexpr std::uint32_t free_failures = 5;
    static constexpr std::chrono::seconds longest_delay = std::chrono::minutes(15);
    static constexpr std::chrono::hours memory{24};
    /// Accounts and addresses that are remembered, so many each; beyond that the one that failed longest ago is
    /// forgotten.
    static constexpr std::size_t most_entries = 5000;

    /// How long this sign-in has to wait: the account's delay or the address's, whichever is longer; 0: none. The first
    /// five failures are free, the following cost 1, 2, 4, ... seconds from the last one on, at most 15 minutes; 24
    /// hours without a failure forget them. `address` is a network: an IPv6 client has a whole /64. Accounts are told
    /// apart without regard to case.
    [[nodiscard]] std::chrono::seconds wait(std::string_view account, std::string_view address, Moment now) const;

    void failed(std::string_view account, std::string_view address, Moment now);

    /// Forgets the account's failures, and as many of the address's: those of other accounts from there still count.
    void succeeded(std::string_view account, std::string_view address);
    /// Forgets the account's failures alone; it has a new password.
    void forgive(std::string_view account);

    [[nodiscard]] std::size_t size() const { return accounts_.size() + addresses_.size(); }

private:
    /// Failures by name.
    class Failures {
    public:
        [[nodiscard]] std::chrono::seconds wait(const std::string& name, Moment now) const;
        void add(const std::string& name, Moment now);
        /// How many were taken away; 0 where there were none.
        std::uint32_t forgive(const std::string& name, std::uint32_t most);
        [[nodiscard]] std::size_t size() const { return entries_.size(); }

    private:
        struct Entry {
            std::uint32_t count = 0;
            Moment last;
            std::list<std::string>::iterator place;
        };
        using Entries = std::unordered_map<std::string, Entry>;

        void forget(Entries::iterator entry);

        Entries entries_;
        std::list<std::string> by_age_;  // the one that failed longest ago first
    };

    Failures accounts_;
    Failures addresses_;
};

}  // namespace gatehouse::records
