#include "server/integrations/standing.hpp"

#include <algorithm>

namespace gatehouse::integrations {

void Standing::renew() {
    const unsigned next = round_ + 1;
    *this = {};
    round_ = next;
}

bool Standing::answered(unsigned round) {
    if (round != round_) return false;
    const bool was_away = state_.away;
    state_ = {};
    misses_ = 0;
    not_before_ = {};
    return was_away;
}

bool Standing::missed(unsigned round, const Delivery& delivery, std::chrono::milliseconds back_off,
                      Clock::time_point now) {
    if (round != round_) return false;
    ++round_;
    ++misses_;
    state_ = {true, delivery.message};
    const std::chrono::milliseconds asked = delivery.retry_after.value_or(std::chrono::seconds(0));
    not_before_ = now + std::max(asked, back_off);
    return true;
}

}  // namespace gatehouse::integrations
