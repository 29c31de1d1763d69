// The body of one request between the session, which reads it from the client, and the handler, which asks for it piece
// by piece. Holds one block of a record's size, wiped after each piece: a form's fields may be keys. Owned by the
// session's exchange; the worker's thread only.
#pragma once

#include "server/http/body_reader.hpp"
#include "server/http/request_parser.hpp"
#include "server/net/worker.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace gatehouse::http {

class ArrivingBody final : public BodyReader {
public:
    /// `most`: bytes of body that the route takes. `wanted` is called from within `next` when a piece has to be read;
    /// `hand_over` answers it. Parser and worker must outlive this.
    ArrivingBody(RequestParser& parser, std::uint64_t most, net::Worker& worker, std::function<void()> wanted);
    ArrivingBody(const ArrivingBody&) = delete;
    ArrivingBody& operator=(const ArrivingBody&) = delete;
    ~ArrivingBody() override;

    [[nodiscard]] boost::asio::awaitable<Piece> next() override;
    void end_after(std::chrono::seconds time, const Refusal& late) override;
    void end_never() override { end_.reset(); }

    // ---- the session's side

    /// The handler waits for a piece.
    [[nodiscard]] bool is_wanted() const { return tell_ != nullptr; }
    /// Decodes what it can of `input` and tells how much of it is used up.
    [[nodiscard]] std::size_t take(std::string_view input);
    /// There is nothing to wait for: a full piece, the end, or a refusal.
    [[nodiscard]] bool settled() const;
    [[nodiscard]] bool has_bytes() const { return size_ > 0; }
    /// When the body has to have come, as `end_after` says.
    [[nodiscard]] net::Tick ends_at() const { return end_ ? end_->at : net::never; }
    /// Breaks it off where that time is over, and tells whether it is.
    bool end_if_late();
    /// The handler is told this and nothing else any more.
    void break_off(Refusal refusal);
    /// Tells the handler what there is; it goes on when the present task of the loop has ended.
    void hand_over();
    /// Decoded bytes so far.
    [[nodiscard]] std::uint64_t received() const { return received_; }

private:
    struct End {
        net::Tick at;
        Refusal late;
    };
    void wipe();

    RequestParser& parser_;
    net::Worker& worker_;
    std::function<void()> wanted_;
    std::function<void(Piece)> tell_;
    std::optional<Refusal> refusal_;
    std::optional<End> end_;
    net::Block block_;
    std::size_t size_ = 0;  // bytes of the present piece
    std::uint64_t most_;
    std::uint64_t received_ = 0;
};

}  // namespace gatehouse::http
