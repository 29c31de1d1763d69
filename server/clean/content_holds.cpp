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
    const auto locked = book->lock(sha256_);
    Shelf& shelf = book->shelf_of(sha256_);
    --shelf.entries[sha256_].holds;
    forget_if_idle(shelf, sha256_);
}

ContentHolds::Intent::~Intent() {
    if (!book_) return;
    const auto locked = book_->lock(sha256_);
    Shelf& shelf = book_->shelf_of(sha256_);
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
    return Lock(shelf_of(sha256).mutex);
}

ContentHolds::Hold ContentHolds::hold(const std::string& sha256, const Lock&) {
    Entry& entry = shelf_of(sha256).entries[sha256];
    ++entry.holds;
    ++entry.arrivals;
    return {shared_from_this(), sha256};
}

ContentHolds::Intent ContentHolds::intend(const std::string& sha256) {
    const auto locked = lock(sha256);
    Entry& entry = shelf_of(sha256).entries[sha256];
    ++entry.intents;
    return {shared_from_this(), sha256, entry.arrivals, entry.holds > 0};
}

// The entry is there, and counts on, as long as the intent lives.
bool ContentHolds::untouched(const Intent& intent, const Lock&) {
    const Entry& entry = shelf_of(intent.sha256_).entries[intent.sha256_];
    return !intent.held_ && entry.holds == 0 && entry.arrivals == intent.arrivals_;
}

bool ContentHolds::held_by_others(const std::string& sha256, const Lock&) {
    return shelf_of(sha256).entries[sha256].holds > 1;
}

}  // namespace gatehouse::clean
