#include "server/clean/places.hpp"

namespace gatehouse::clean {

Places::Places(const Limits& limits) : limits_(limits), book_(std::make_shared<Book>()) {}

std::optional<Places::Place> Places::take(std::string holder) {
    const std::lock_guard lock(book_->mutex);
    const auto found = book_->of_holder.find(holder);
    const std::size_t has = found == book_->of_holder.end() ? 0 : found->second;
    if (book_->taken >= limits_.in_all || has >= limits_.of_holder) return std::nullopt;
    ++book_->taken;
    ++book_->of_holder[holder];
    return Place(book_, std::move(holder));
}

Places::Place::~Place() {
    if (!book_) return;
    const std::lock_guard lock(book_->mutex);
    --book_->taken;
    if (--book_->of_holder[holder_] == 0) book_->of_holder.erase(holder_);
}

}  // namespace gatehouse::clean
