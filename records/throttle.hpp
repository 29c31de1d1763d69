// Slows guessing down: a growing delay after failed sign-ins. A plain value in memory, without the database and without
// a lock: its owner guards it where several threads sign people in.
//
// Three counts, so that guessing is slow from one place and from many, and yet nobody can lock an account that is known
// to the world: of an account from one network, and of a network, with a long delay; of an account from everywhere with
// a delay of a few seconds, and none for networks from which that account signed in lately.
//
// An attempt is counted as failed before it is judged, and taken back when it succeeds; else a thousand attempts at the
// same moment would all be free:
//     if (wait = throttle.wait(account, network, now); wait > 0) refuse with Retry-After
//     throttle.failed(account, network, now);
//     if (the password is right) throttle.succeeded(account, network, now);
//     if (it could not be judged) throttle.take_back(account, network);
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
    /// Of an account wherever the attempt comes from: short enough to be no lock-out.
    static constexpr std::chrono::seconds longest_account_delay{5};
    static constexpr std::chrono::hours memory{24};
    /// What each count remembers at most. Beyond that the one with the fewest failures is forgotten, of several the one
    /// that failed longest ago: names made up by the thousand do not wash away the count of the one that is guessed at.
    static constexpr std::size_t most_entries = 5000;

    /// How long this attempt has to wait: the longest of the three delays; 0: it may go on. The first five failures are
    /// free, the following cost 1, 2, 4, ... seconds from the last one on, up to the longest delay; 24 hours without a
    /// failure forget them. `network`: an IPv6 client has a whole /64. Accounts are told apart without regard to case.
    [[nodiscard]] std::chrono::seconds wait(std::string_view account, std::string_view network, Moment now) const;

    void failed(std::string_view account, std::string_view network, Moment now);

    /// Forgets what the account failed from there; of other accounts, and from elsewhere, it still counts. For 24 hours
    /// the account-wide delay does not hold there.
    void succeeded(std::string_view account, std::string_view network, Moment now);
    /// Takes one `failed` back: nobody learned whether the password was right.
    void take_back(std::string_view account, std::string_view network);
    /// Forgets the account's failures from everywhere; it has a new password. Networks still wait.
    void forgive(std::string_view account);

    [[nodiscard]] std::size_t size() const { return pairs_.size() + accounts_.size() + networks_.size(); }

private:
    /// Failures by name.
    class Failures {
    public:
        [[nodiscard]] std::chrono::seconds wait(const std::string& name, std::chrono::seconds longest,
                                                Moment now) const;
        void add(const std::string& name, Moment now);
        /// How many were taken away; 0 where there were none.
        std::uint32_t forgive(const std::string& name, std::uint32_t most);
        void forgive_all_with(std::string_view prefix);
        [[nodiscard]] std::size_t size() const { return entries_.size(); }

    private:
        struct Entry {
            std::string name;
            std::uint32_t count = 0;
            Moment last;
        };
        using Place = std::list<Entry>::iterator;

        void forget(Place entry);
        void make_room();

        std::list<Entry> entries_;  // the one that failed longest ago first
        std::unordered_map<std::string, Place> by_name_;
    };

    [[nodiscard]] bool is_familiar(const std::string& pair, Moment now) const;

    Failures pairs_;
    Failures accounts_;
    Failures networks_;
    std::unordered_map<std::string, Moment> familiar_;  // when the account signed in from the network last, by pair
};

}  // namespace gatehouse::records
