#include "server/net/pace.hpp"

#include <algorithm>

namespace gatehouse::net {

bool Pace::take(std::string_view name, Moment now) {
    const auto all = limits_.interval * limits_.at_once;
    const std::lock_guard lock(mutex_);
    if (now - swept_ >= all) {
        std::erase_if(rested_, [now](const auto& one) { return one.second <= now; });
        swept_ = now;
    }
    Moment& rested = rested_[std::string(name)];
    const Moment then = std::max(rested, now) + limits_.interval;
    if (then - now > all) return false;
    rested = then;
    return true;
}

std::size_t Pace::size() const {
    const std::lock_guard lock(mutex_);
    return rested_.size();
}

}  // namespace gatehouse::net
