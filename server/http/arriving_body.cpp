#include "server/http/arriving_body.hpp"

#include "server/http/incoming_body.hpp"
#include "server/net/awaited.hpp"

#include <cstring>
#include <utility>

namespace gatehouse::http {

ArrivingBody::ArrivingBody(RequestParser& parser, std::uint64_t most, net::Worker& worker, std::function<void()> wanted)
    : parser_(parser), worker_(worker), wanted_(std::move(wanted)), most_(most) {
    if (parser.content_length().value_or(0) > most) refusal_ = body_too_large(most);
}

ArrivingBody::~ArrivingBody() {
    wipe();
}

void ArrivingBody::wipe() {
    if (size_ > 0) ::explicit_bzero(block_.data(), size_);
    size_ = 0;
}

boost::asio::awaitable<BodyReader::Piece> ArrivingBody::next() {
    wipe();
    // Who sends fast is never waited for long enough that the session would look.
    if (!parser_.complete()) end_if_late();
    if (refusal_) co_return Piece(tl::unexpected<Refusal>(*refusal_));
    if (parser_.complete()) {
        block_.release();
        co_return Piece(std::nullopt);
    }
    const std::function<void(std::function<void(Piece)>)> ask = [this](std::function<void(Piece)> tell) {
        tell_ = std::move(tell);
        wanted_();
    };
    Piece piece = co_await net::awaited<Piece>(ask);
    co_return piece;
}

std::size_t ArrivingBody::take(std::string_view input) {
    if (!block_) block_ = worker_.buffers().take(net::BufferPool::small);
    const auto step = parser_.parse_body(input, {block_.data() + size_, block_.capacity() - size_});
    if (!step) {
        break_off(step.error());
        return 0;
    }
    size_ += step->produced;
    received_ += step->produced;
    if (received_ > most_) break_off(body_too_large(most_));
    return step->taken;
}

bool ArrivingBody::settled() const {
    return refusal_ || parser_.complete() || (size_ > 0 && size_ == block_.capacity());
}

void ArrivingBody::end_after(std::chrono::seconds time, const Refusal& late) {
    end_.emplace(End{worker_.now() + static_cast<net::Tick>(time.count()) * net::ticks_per_second + 1, late});
}

bool ArrivingBody::end_if_late() {
    if (worker_.now() < ends_at()) return false;
    break_off(end_->late);
    return true;
}

void ArrivingBody::break_off(Refusal refusal) {
    if (!refusal_) refusal_ = std::move(refusal);
}

void ArrivingBody::hand_over() {
    const auto tell = std::exchange(tell_, nullptr);
    if (refusal_) {
        wipe();
        block_.release();
        tell(tl::unexpected<Refusal>(*refusal_));
        return;
    }
    std::optional<std::string_view> piece;
    if (size_ > 0) piece.emplace(block_.data(), size_);
    tell(piece);
}

}  // namespace gatehouse::http
