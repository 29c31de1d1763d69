// One request on its way in: http/framing judges the raw header block, Beast parses it, this makes the plain Request of
// it and decodes the body (http/chunked where it is chunked). One per request, owned by the session, the worker's
// thread only. It holds about a kilobyte, and as much again as the header is long where that is over half a kilobyte.
#pragma once

#include "server/http/chunked.hpp"
#include "server/http/flaw.hpp"
#include "server/http/request.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::http {

class RequestParser {
public:
    RequestParser();
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    /// Tries `input` (all plaintext received for this request so far, from its first byte) for a whole header block of
    /// at most `header_bytes`. nullopt: it is not complete yet. Else the block's length; `request()` is then valid as
    /// long as the parser lives and does not point into `input`; call it no more. Empty lines before the request line
    /// are skipped (RFC 9112 section 2.2) but count. Each byte is searched once however small the pieces are, and the
    /// outcome does not depend on them. Refusals: 400, 414 (request line over half of `header_bytes`), 431 (also for
    /// more than 100 fields), 501 (transfer coding), 505, 417 (Expect). What ends in a bare LF, or fills `header_bytes`
    /// without an end, is refused at once.
    [[nodiscard]] Judged<std::optional<std::size_t>> parse_head(std::string_view input, std::size_t header_bytes);

    [[nodiscard]] Request& request();
    /// Body length if Content-Length gives it (0 where there is no body); nullopt: chunked.
    [[nodiscard]] std::optional<std::uint64_t> content_length() const;
    /// The client waits for 100 (Continue); never where no body is to come.
    [[nodiscard]] bool expects_continue() const;
    /// No body, or all of it has been decoded.
    [[nodiscard]] bool complete() const;

    /// Decodes body bytes until `input` or `out` is used up or the body is complete: what follows in `input` is the
    /// next request. Takes nothing when more input is needed. Refusals: 400 (bad chunk, bad trailer).
    [[nodiscard]] Judged<BodyStep> parse_body(std::string_view input, std::span<char> out);

private:
    struct State;  // keeps Beast out of this header
    std::unique_ptr<State> state_;
};

}  // namespace gatehouse::http
