#include "records/throttle.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::records {

namespace {

constexpr std::size_t longest_key = 64;  // longer names exist neither as account nor as address

std::string key_of(std::string_view text) {
    std::string key(text.substr(0, longest_key));
    std::transform(key.begin(), key.end(), key.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return key;
}

std::chrono::seconds delay_after(std::uint32_t failures) {
    if (failures <= Throttle::free_failures) return std::chrono::seconds(0);
    const std::uint32_t doublings = failures - Throttle::free_failures - 1;
    constexpr std::uint32_t enough = 10;  // 2^10 s is longer than the longest
    return doublings >= enough ? Throttle::longest_delay
                               : std::min(Throttle::longest_delay, std::chrono::seconds(1U << doublings));
}

}  // namespace

std::chrono::seconds Throttle::Failures::wait(const std::string& name, Moment now) const {
    const auto found = entries_.find(name);
    if (found == entries_.end() || now - found->second.last >= memory) return std::chrono::seconds(0);
    const auto left = found->second.last + delay_after(found->second.count) - now;
    return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
}

void Throttle::Failures::add(const std::string& name, Moment now) {
    while (!by_age_.empty() && now - entries_.at(by_age_.front()).last >= memory)
        forget(entries_.find(by_age_.front()));
    const auto found = entries_.find(name);
    if (found != entries_.end()) {
        Entry& entry = found->second;
        if (entry.count < std::numeric_limits<std::uint32_t>::max()) ++entry.count;
        entry.last = now;
        by_age_.splice(by_age_.end(), by_age_, entry.place);
        return;
    }
    if (entries_.size() >= most_entries) forget(entries_.find(by_age_.front()));
    entries_.emplace(name, Entry{1, now, by_age_.insert(by_age_.end(), name)});
}

std::uint32_t Throttle::Failures::forgive(const std::string& name, std::uint32_t most) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return 0;
    const std::uint32_t forgiven = std::min(found->second.count, most);
    found->second.count -= forgiven;
    if (found->second.count == 0) forget(found);
    return forgiven;
}

void Throttle::Failures::forget(Entries::iterator entry) {
    by_age_.erase(entry->second.place);
    entries_.erase(entry);
}

std::chrono::seconds Throttle::wait(std::string_view account, std::string_view address, Moment now) const {
    return std::max(accounts_.wait(key_of(account), now), addresses_.wait(key_of(address), now));
}

void Throttle::failed(std::string_view account, std::string_view address, Moment now) {
    accounts_.add(key_of(account), now);
    addresses_.add(key_of(address), now);
}

void Throttle::succeeded(std::string_view account, std::string_view address) {
    const std::uint32_t forgiven = accounts_.forgive(key_of(account), std::numeric_limits<std::uint32_t>::max());
    addresses_.forgive(key_of(address), forgiven);
}

void Throttle::forgive(std::string_view account) {
    accounts_.forgive(key_of(account), std::numeric_limits<std::uint32_t>::max());
}

}  // namespace gatehouse::records
