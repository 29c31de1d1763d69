#include "server/clean/content_holds.hpp"

namespace gatehouse::clean {

ContentHolds::Hold& ContentHolds::Hold::operator=(Hold&& other) noexcept {
    if (this != &other) {
        release();
        book_ = std::move(other.book_);
        sha256_ = std::move(other.sha256_);
    }
    return *this;
}

void ContentHolds::Hold::release() {
    const auto book = std::exchange(book_, nullptr);
    if (!book) return;
    Shelf& shelf = book->shelf_of(sha256_);
    const std::lock_guard locked(shelf.counts);
    --shelf.entries[sha256_].holds;
    forget_if_idle(shelf, sha256_);
}

ContentHolds::Intent::~Intent() {
    if (!book_) return;
    Shelf& shelf = book_->shelf_of(sha256_);
    const std::lock_guard locked(shelf.counts);
    --shelf.entries[sha256_].intents;
    forget_if_idle(shelf, sha256_);
}

ContentHolds::Shelf& ContentHolds::shelf_of(const std::string& sha256) {
    const char digit = sha256.empty() ? '0' : sha256.front();
    const auto number = static_cast<std::size_t>(digit >= 'a' ? digit - 'a' + 10 : digit - '0');
    return shelves_.at(number % shelves_.size());
}

void ContentHolds::forget_if_idle(Shelf& shelf, const std::string& sha256) {
    const auto found = shelf.entries.find(sha256);
    if (found != shelf.entries.end() && found->second.holds == 0 && found->second.intents == 0)
        shelf.entries.erase(found);
}

ContentHolds::Lock ContentHolds::lock(const std::string& sha256) {
    return Lock(shelf_of(sha256).files);
}

ContentHolds::Hold ContentHolds::hold(const std::string& sha256, const Lock&) {
    Shelf& shelf = shelf_of(sha256);
    const std::lock_guard locked(shelf.counts);
    Entry& entry = shelf.entries[sha256];
    ++entry.holds;
    ++entry.arrivals;
    return {shared_from_this(), sha256};
}

ContentHolds::Intent ContentHolds::intend(const std::string& sha256) {
    Shelf& shelf = shelf_of(sha256);
    const std::lock_guard locked(shelf.counts);
    Entry& entry = shelf.entries[sha256];
    ++entry.intents;
    return {shared_from_this(), sha256, entry.arrivals, entry.holds > 0};
}

// The entry is there, and counts on, as long as the intent lives.
bool ContentHolds::untouched(const Intent& intent, const Lock&) {
    Shelf& shelf = shelf_of(intent.sha256_);
    const std::lock_guard locked(shelf.counts);
    const Entry& entry = shelf.entries[intent.sha256_];
    return !intent.held_ && entry.holds == 0 && entry.arrivals == intent.arrivals_;
}

bool ContentHolds::held_by_others(const std::string& sha256, const Lock&) {
    Shelf& shelf = shelf_of(sha256);
    const std::lock_guard locked(shelf.counts);
    return shelf.entries[sha256].holds > 1;
}

}  // namespace gatehouse::clean
