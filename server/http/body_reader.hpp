// The body of a request for a handler that does not want it whole: piece by piece, as it arrives, so that a large
// upload is nowhere whole in memory. Lent to the handler by who serves the connection, until its answer is there; the
// worker's thread only.
#pragma once

#include "server/http/flaw.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace gatehouse::http {

class BodyReader {
public:
    /// Some bytes, never none; nullopt: that was all of it.
    using Piece = Judged<std::optional<std::string_view>>;

    BodyReader() = default;
    BodyReader(const BodyReader&) = delete;
    BodyReader& operator=(const BodyReader&) = delete;
    virtual ~BodyReader() = default;

    /// The next piece, without its transfer coding; the bytes are there until the next call, or until the handler
    /// answers. While nobody asks, nothing is read from the client, and no time counts that it has to send in. After a
    /// refusal, or the end, every further call says the same. One call at a time, and each is waited for.
    /// Refusals: 413 body_too_large (before anything was read, where the length is told), those of the chunks' grammar,
    /// 400 body_incomplete (the client went away), 408 request_timeout (it was too slow), 503 stopping (the server
    /// ends). They are to be the answer, or to come before it: what the handler has begun with the body must go.
    [[nodiscard]] virtual boost::asio::awaitable<Piece> next() = 0;

    /// From now on the whole body has at most so long to come, whatever the handler and the client do meanwhile; then
    /// `next` refuses with `late`, one that waits too. The last one counts. A body that is there takes no notice.
    virtual void end_after(std::chrono::seconds /*time*/, const Refusal& /*late*/) {}
    /// Takes that back.
    virtual void end_never() {}
};

/// A body that lies in memory, as one piece. The bytes must outlive it.
class WholeBody final : public BodyReader {
public:
    explicit WholeBody(std::string_view bytes) : bytes_(bytes) {}
    [[nodiscard]] boost::asio::awaitable<Piece> next() override;

private:
    std::string_view bytes_;  // not told yet
};

}  // namespace gatehouse::http
