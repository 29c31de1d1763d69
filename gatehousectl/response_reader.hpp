// Reads one HTTP/1.1 response as its bytes arrive: status line, fields, and a body that is chunked, counted or ended by
// the peer's close. Strict, because on this socket only a gatehoused answers: what bends the format is somebody else.
// Owned by who reads the connection; one thread.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::gatehousectl {

/// What stands before the body.
struct ResponseHead {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case

    /// The value of the first such field ("" if there is none); `name` in lower case.
    [[nodiscard]] std::string_view field(std::string_view name) const;
};

class ResponseReader {
public:
    /// Bytes that everything but the body may have: interim responses, the head, chunk sizes of a body, trailers.
    static constexpr std::size_t header_bytes = 65536;
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    /// A body of more than `body_limit` bytes is refused.
    explicit ResponseReader(std::size_t body_limit) : body_limit_(body_limit) {}

    /// Takes the next bytes, however they were cut. What follows the response is left alone. Fails with
    /// response_invalid or response_too_large; the reader is then of no more use.
    [[nodiscard]] base::Result<void> feed(std::string_view bytes);
    /// The peer has closed: fails with response_incomplete unless that is where the response ends.
    [[nodiscard]] base::Result<void> end();

    [[nodiscard]] bool head_complete() const { return expected_ > Expected::field; }
    [[nodiscard]] bool complete() const { return expected_ == Expected::nothing; }
    /// Meaningful once `head_complete`.
    [[nodiscard]] const ResponseHead& head() const { return head_; }
    /// The bytes of the body that have arrived since the last call.
    [[nodiscard]] std::string take_body() { return std::exchange(body_, {}); }

private:
    // In the order in which they come; head_complete relies on it.
    enum class Expected { status_line, field, counted, until_close, chunk_size, chunk, chunk_end, trailer, nothing };

    [[nodiscard]] base::Result<void> take_line(std::string_view line);
    [[nodiscard]] base::Result<void> take_status_line(std::string_view line);
    [[nodiscard]] base::Result<void> take_field(std::string_view line);
    [[nodiscard]] base::Result<void> take_chunk_size(std::string_view line);
    [[nodiscard]] base::Result<void> end_head();
    [[nodiscard]] base::Result<std::size_t> take_body_bytes(std::string_view bytes);
    [[nodiscard]] base::Result<std::size_t> take_line_bytes(std::string_view bytes);

    std::size_t body_limit_;
    Expected expected_ = Expected::status_line;
    ResponseHead head_;
    std::string line_;              // the line so far
    std::string body_;              // decoded, not yet taken
    std::uint64_t left_ = 0;        // of the counted body or the chunk
    std::size_t header_taken_ = 0;  // bytes
    std::size_t body_taken_ = 0;
};

}  // namespace gatehouse::gatehousectl
