#include "server/samples/content_holds.hpp"

namespace gatehouse::samples {

ContentHolds::Hold& ContentHolds::Hold::operator=(Hold&& other) noexcept {
    if (this != &other) {
        release();
        book_ = std::move(other.book_);
        sha256_ = std::move(other.sha256_);
        arrivals_ = other.arrivals_;
        joined_ = other.joined_;
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
    Entry& entry = shelf.entries[sha256_];
    --entry.intents;
    if (aim_ == Aim::removal) --entry.removals;
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
    const bool joined = entry.holds > 0;
    ++entry.holds;
    ++entry.arrivals;
    return {shared_from_this(), sha256, entry.arrivals, joined};
}

ContentHolds::Intent ContentHolds::intend(const std::string& sha256, Aim aim) {
    Shelf& shelf = shelf_of(sha256);
    const std::lock_guard locked(shelf.counts);
    Entry& entry = shelf.entries[sha256];
    ++entry.intents;
    if (aim == Aim::removal) ++entry.removals;
    return {shared_from_this(), sha256, aim, entry.arrivals, entry.holds > 0};
}

// The entry is there, and counts on, as long as the intent lives.
bool ContentHolds::untouched(const Intent& intent, const Lock&) {
    Shelf& shelf = shelf_of(intent.sha256_);
    const std::lock_guard locked(shelf.counts);
    const Entry& entry = shelf.entries[intent.sha256_];
    return !intent.held_ && entry.holds == 0 && entry.arrivals == intent.arrivals_;
}

bool ContentHolds::is_only(const Intent& intent, const Lock&) {
    Shelf& shelf = shelf_of(intent.sha256_);
    const std::lock_guard locked(shelf.counts);
    return shelf.entries[intent.sha256_].removals == 1;
}

bool ContentHolds::is_last(const Hold& hold, const Lock&) {
    Shelf& shelf = shelf_of(hold.sha256_);
    const std::lock_guard locked(shelf.counts);
    const Entry& entry = shelf.entries[hold.sha256_];
    return entry.holds == 1 && entry.removals == 0;
}

bool ContentHolds::is_alone(const Hold& hold, const Lock& lock) {
    if (hold.joined_ || !is_last(hold, lock)) return false;
    Shelf& shelf = shelf_of(hold.sha256_);
    const std::lock_guard locked(shelf.counts);
    return shelf.entries[hold.sha256_].arrivals == hold.arrivals_;
}

}  // namespace gatehouse::samples
