#include "server/admin/retrievals.hpp"

#include "records/digest.hpp"

#include <algorithm>

namespace gatehouse::admin {

namespace {

constexpr auto window = std::chrono::minutes(1);

}  // namespace

std::chrono::seconds Retrievals::begin(std::string_view who, Moment now) {
    const std::lock_guard lock(mutex_);
    while (!begun_.empty() && now - begun_.front().first >= window)
        begun_.pop_front();
    const auto is_own = [&](const auto& one) { return one.second == who; };
    const auto own = static_cast<std::size_t>(std::count_if(begun_.begin(), begun_.end(), is_own));
    if (own < most_a_minute_by_one && begun_.size() < most_a_minute) {
        begun_.emplace_back(now, who);
        return std::chrono::seconds(0);
    }
    const auto oldest =
        own < most_a_minute_by_one ? begun_.begin() : std::find_if(begun_.begin(), begun_.end(), is_own);
    return std::chrono::ceil<std::chrono::seconds>(oldest->first + window - now);
}

std::string Retrievals::keep(std::string_view who, Retrieval retrieval, Moment now) {
    std::string id(records::random_bearer("r_").reveal());
    const std::lock_guard lock(mutex_);
    const auto is_own = [&](const Entry& entry) { return entry.who == who; };
    while (!entries_.empty() && now - entries_.front().at >= kept)
        entries_.pop_front();
    if (static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), is_own)) >= most_of_one) {
        entries_.erase(std::find_if(entries_.begin(), entries_.end(), is_own));
    }
    if (entries_.size() >= most) entries_.pop_front();
    entries_.push_back({id, std::string(who), now, std::make_shared<const Retrieval>(std::move(retrieval))});
    return id;
}

std::shared_ptr<const Retrieval> Retrievals::find(std::string_view who, std::string_view id, Moment now) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.id == id && entry.who == who && now - entry.at < kept;
    });
    return found == entries_.end() ? nullptr : found->retrieval;
}

}  // namespace gatehouse::admin
