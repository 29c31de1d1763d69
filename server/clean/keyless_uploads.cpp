#include "server/clean/keyless_uploads.hpp"

namespace gatehouse::clean {

KeylessUploads::KeylessUploads() : book_(std::make_shared<Book>()) {}

std::optional<KeylessUploads::Place> KeylessUploads::take(const net::Address& peer) {
    const net::Address network = peer.network();
    const std::lock_guard lock(book_->mutex);
    const auto found = book_->of_network.find(network);
    const std::size_t of_network = found == book_->of_network.end() ? 0 : found->second;
    if (book_->all >= most_at_once || of_network >= most_of_network) return std::nullopt;
    ++book_->all;
    ++book_->of_network[network];
    return Place(book_, network);
}

KeylessUploads::Place::~Place() {
    if (!book_) return;
    const std::lock_guard lock(book_->mutex);
    --book_->all;
    if (--book_->of_network[network_] == 0) book_->of_network.erase(network_);
}

}  // namespace gatehouse::clean
