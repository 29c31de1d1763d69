#include "server/archive/refusals.hpp"

#include <utility>

namespace gatehouse::archive {

namespace {

constexpr auto minute = std::chrono::minutes(1);

Refused of_many(std::uint64_t count) {
    return {.name = {}, .code = "too_many", .count = count};
}

}  // namespace

bool Refusals::take_room(Moment now) {
    if (now - minute_ >= minute) {
        minute_ = now;
        recorded_ = 0;
    }
    if (recorded_ == most_a_minute) return false;
    ++recorded_;
    return true;
}

std::optional<Refused> Refusals::add(Refused one, Moment now) {
    const std::lock_guard lock(mutex_);
    Key key{one.name, one.network, one.action};
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        // So many names at most: else those that are alive would leave no room for what they fold.
        if (entries_.size() == most_a_minute || !take_room(now)) {
            ++left_out_;
            return std::nullopt;
        }
        Entry entry{now, one};
        entry.folded.count = 0;
        entries_.emplace(std::move(key), std::move(entry));
        return one;
    }
    Entry& entry = found->second;
    one.count += entry.folded.count;
    entry.folded = std::move(one);
    if (now - entry.recorded < minute || !take_room(now)) return std::nullopt;
    entry.recorded = now;
    Refused record = entry.folded;
    entry.folded.count = 0;
    return record;
}

std::vector<Refused> Refusals::due(Moment now) {
    const std::lock_guard lock(mutex_);
    std::vector<Refused> records;
    for (auto at = entries_.begin(); at != entries_.end();) {
        Entry& entry = at->second;
        if (now - entry.recorded < minute) {
            ++at;
        } else if (entry.folded.count == 0) {
            at = entries_.erase(at);
        } else {
            if (take_room(now)) {
                records.push_back(entry.folded);
                entry.folded.count = 0;
                entry.recorded = now;
            }
            ++at;
        }
    }
    if (left_out_ > 0 && now - left_out_told_ >= minute) {
        records.push_back(of_many(std::exchange(left_out_, 0)));
        left_out_told_ = now;
    }
    return records;
}

std::vector<Refused> Refusals::rest() {
    const std::lock_guard lock(mutex_);
    std::vector<Refused> records;
    for (auto& [key, entry] : entries_) {
        if (entry.folded.count > 0) records.push_back(std::move(entry.folded));
    }
    entries_.clear();
    if (left_out_ > 0) records.push_back(of_many(std::exchange(left_out_, 0)));
    return records;
}

}  // namespace gatehouse::archive
