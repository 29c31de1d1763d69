// How a disposition update service stands: whether it is there, and when it may be looked at again where it is not.
// Told the time. Pure; any thread.
#pragma once

#include "server/integrations/disposition.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace gatehouse::integrations {

/// What is shown of it.
struct ServiceState {
    bool away = false;
    std::string message;  ///< why nothing is told to it, or why something is told again; else empty
    bool locked = false;  ///< its password can't be had, so that it is not even called
};

/// Calls belong to rounds. A round ends where the service is found to be away: what was begun before says nothing of
/// the time after, neither that it is back nor that it is still away.
class Standing {
public:
    using Clock = std::chrono::steady_clock;

    /// As if nothing were known: it may be called at once.
    void renew();
    /// Somebody asked for it: one that is away may be looked at again at once.
    void hasten() { not_before_ = {}; }
    /// A call of that round was answered. True where the service was away until now.
    bool answered(unsigned round);
    /// A call of that round did not reach it: it is left alone for `back_off`, or as long as it asks for, if that is
    /// longer. False: the round is over, the call does not count.
    bool missed(unsigned round, const Delivery& delivery, std::chrono::milliseconds back_off, Clock::time_point now);

    [[nodiscard]] const ServiceState& state() const { return state_; }
    [[nodiscard]] unsigned round() const { return round_; }
    /// Looks at it in a row that found nobody.
    [[nodiscard]] unsigned misses() const { return misses_; }
    [[nodiscard]] bool may_be_called(Clock::time_point now) const { return now >= not_before_; }
    [[nodiscard]] Clock::time_point not_before() const { return not_before_; }
    /// Calls at a time: one, to look, while it is away.
    [[nodiscard]] std::size_t calls(std::size_t at_once) const { return state_.away ? 1 : at_once; }

private:
    ServiceState state_;
    unsigned misses_ = 0;
    unsigned round_ = 0;
    Clock::time_point not_before_;
};

}  // namespace gatehouse::integrations
