// Decodes a chunked body (RFC 9112 section 7.1) as it arrives. Our own and not Beast's: Beast 1.81 wants each chunk
// header whole in one buffer, and takes sizes and line ends that another reader of the same bytes would not; judging
// those lines first would mean to decode them. Owned by a RequestParser, the worker's thread only.
#pragma once

#include "server/http/flaw.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::http {

/// How far a piece of a body was decoded.
struct BodyStep {
    std::size_t taken = 0;     ///< bytes of `input` used up
    std::size_t produced = 0;  ///< bytes of body written to `out`
};

class ChunkedDecoder {
public:
    /// Bytes of chunk extensions, and of trailer fields, that a whole body may have. A one-byte chunk with a kilobyte
    /// of extension would make the body limit worthless.
    static constexpr std::size_t extension_bytes = 4096;
    static constexpr std::size_t trailer_bytes = 4096;

    /// Decodes from `input` into `out` until one of them is used up or the body is complete. Refuses (400) sizes that
    /// are not 1 to 16 hexadecimal digits or beyond 2^63 - 1, bare CR and LF, control characters, white space but
    /// before an extension, too much of extensions or trailers, trailer fields that are malformed or would frame the
    /// message or name its host. Sound trailers are dropped. After a refusal the decoder is of no more use.
    [[nodiscard]] Judged<BodyStep> decode(std::string_view input, std::span<char> out);
    /// The last chunk and the trailer section have been read.
    [[nodiscard]] bool complete() const { return expected_ == Expected::nothing; }

private:
    enum class Expected {
        size,
        blank,  // white space between size and extension
        extension,
        size_end,  // LF of the size line
        data,
        data_return,
        data_end,
        trailer,
        nothing
    };
    [[nodiscard]] Flaw take(char c);
    [[nodiscard]] Flaw take_size(char c);
    [[nodiscard]] Flaw take_extension(char c);
    [[nodiscard]] Flaw take_trailer(char c);

    Expected expected_ = Expected::size;
    unsigned digits_ = 0;              // of the present size
    std::uint64_t left_ = 0;           // of the present chunk: its size, then what is still to come
    std::size_t extension_taken_ = 0;  // bytes, of the whole body
    std::size_t trailer_taken_ = 0;
    std::string line_;  // the trailer line so far
};

}  // namespace gatehouse::http
