#include "records/throttle.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace gatehouse::records {

namespace {

constexpr std::size_t longest_key = 64;  // longer names exist neither as account nor as network
constexpr std::uint32_t every_one = std::numeric_limits<std::uint32_t>::max();

std::string key_of(std::string_view text) {
    std::string key(text.substr(0, longest_key));
    std::transform(key.begin(), key.end(), key.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return key;
}

// What a pair's key begins with. Whatever was typed as a name, it cannot be taken for another and a part of a network.
std::string pairs_of(std::string_view account) {
    const std::string key = key_of(account);
    return std::to_string(key.size()) + ":" + key + "@";
}

std::string pair_of(std::string_view account, std::string_view network) {
    return pairs_of(account) + key_of(network);
}

std::chrono::seconds delay_after(std::uint32_t failures, std::chrono::seconds longest) {
    if (failures <= Throttle::free_failures) return std::chrono::seconds(0);
    const std::uint32_t doublings = failures - Throttle::free_failures - 1;
    constexpr std::uint32_t enough = 10;  // 2^10 s is longer than the longest
    return doublings >= enough ? longest : std::min(longest, std::chrono::seconds(1U << doublings));
}

}  // namespace

std::chrono::seconds Throttle::Failures::wait(const std::string& name, std::chrono::seconds longest, Moment now) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end() || now - found->second->last >= memory) return std::chrono::seconds(0);
    const auto left = found->second->last + delay_after(found->second->count, longest) - now;
    return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
}

void Throttle::Failures::add(const std::string& name, Moment now) {
    while (!entries_.empty() && now - entries_.front().last >= memory)
        forget(entries_.begin());
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) {
        const Place entry = found->second;
        if (entry->count < every_one) ++entry->count;
        entry->last = now;
        entries_.splice(entries_.end(), entries_, entry);
        return;
    }
    if (entries_.size() >= most_entries) make_room();
    by_name_.emplace(name, entries_.insert(entries_.end(), Entry{name, 1, now}));
}

std::uint32_t Throttle::Failures::forgive(const std::string& name, std::uint32_t most) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return 0;
    const Place entry = found->second;
    const std::uint32_t forgiven = std::min(entry->count, most);
    entry->count -= forgiven;
    if (entry->count == 0) forget(entry);
    return forgiven;
}

void Throttle::Failures::forgive_all_with(std::string_view prefix) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto next = std::next(entry);
        if (entry->name.starts_with(prefix)) forget(entry);
        entry = next;
    }
}

void Throttle::Failures::forget(Place entry) {
    by_name_.erase(entry->name);
    entries_.erase(entry);
}

void Throttle::Failures::make_room() {
    // Of equal ones the first, which is the oldest.
    forget(std::min_element(entries_.begin(), entries_.end(),
                            [](const Entry& left, const Entry& right) { return left.count < right.count; }));
}

bool Throttle::is_familiar(const std::string& pair, Moment now) const {
    const auto found = familiar_.find(pair);
    return found != familiar_.end() && now - found->second < memory;
}

std::chrono::seconds Throttle::wait(std::string_view account, std::string_view network, Moment now) const {
    const std::string pair = pair_of(account, network);
    const auto own =
        std::max(pairs_.wait(pair, longest_delay, now), networks_.wait(key_of(network), longest_delay, now));
    if (is_familiar(pair, now)) return own;
    return std::max(own, accounts_.wait(key_of(account), longest_account_delay, now));
}

void Throttle::failed(std::string_view account, std::string_view network, Moment now) {
    pairs_.add(pair_of(account, network), now);
    accounts_.add(key_of(account), now);
    networks_.add(key_of(network), now);
}

void Throttle::succeeded(std::string_view account, std::string_view network, Moment now) {
    const std::string pair = pair_of(account, network);
    const std::uint32_t forgiven = pairs_.forgive(pair, every_one);
    accounts_.forgive(key_of(account), forgiven);
    networks_.forgive(key_of(network), forgiven);
    std::erase_if(familiar_, [&](const auto& one) { return now - one.second >= memory; });
    if (familiar_.size() >= most_entries && !familiar_.contains(pair)) {
        familiar_.erase(std::min_element(familiar_.begin(), familiar_.end(),
                                         [](const auto& one, const auto& other) { return one.second < other.second; }));
    }
    familiar_[pair] = now;
}

void Throttle::take_back(std::string_view account, std::string_view network) {
    pairs_.forgive(pair_of(account, network), 1);
    accounts_.forgive(key_of(account), 1);
    networks_.forgive(key_of(network), 1);
}

void Throttle::forgive(std::string_view account) {
    accounts_.forgive(key_of(account), every_one);
    pairs_.forgive_all_with(pairs_of(account));
}

}  // namespace gatehouse::records
