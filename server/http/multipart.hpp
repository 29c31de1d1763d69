// Reads a multipart/form-data body (RFC 7578, RFC 2046 section 5.1) as it arrives and tells its parts to a sink, so
// that a large upload is nowhere whole in memory. Owned by whoever receives the body, one per body; one thread.
#pragma once

#include "server/http/flaw.hpp"
#include "server/http/part_header.hpp"
#include "server/http/request.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::http {

struct MultipartLimits {
    std::size_t parts = 64;
    std::size_t header_bytes = 8192;    ///< of one part's header lines with the empty one
    std::size_t name_bytes = 512;       ///< of a name or a file name
    std::size_t preamble_bytes = 1024;  ///< before the first boundary
};

/// Is told the parts, in their order: begin_part, data in any number of pieces, end_part, and so on; then end_form. A
/// refusal from it ends the reading and is handed on.
class PartSink {
public:
    virtual ~PartSink() = default;
    [[nodiscard]] virtual Judged<void> begin_part(PartHeader header) = 0;
    /// Some bytes of the present part, never none; they are gone when this returns.
    [[nodiscard]] virtual Judged<void> data(std::string_view bytes) = 0;
    [[nodiscard]] virtual Judged<void> end_part() = 0;
    /// The closing boundary was there. What follows it means nothing.
    [[nodiscard]] virtual Judged<void> end_form() = 0;
};

/// The boundary that a request's Content-Type names. 415 unsupported_media_type: it is no multipart/form-data (see
/// http::body_type); 400 bad_form: no boundary, or one that is none (RFC 2046 section 5.1.1).
[[nodiscard]] Judged<std::string> form_boundary(const Request& request);

class MultipartParser {
public:
    /// `boundary` as form_boundary gives it. The sink outlives the parser.
    MultipartParser(std::string_view boundary, const MultipartLimits& limits, PartSink& sink);

    /// Reads the next piece of the body. What the sink is told, and what is refused and when, does not depend on how
    /// the body is cut; only data comes in other pieces. After a refusal the parser is of no more use.
    /// A boundary is one wherever it stands at the beginning of a line (RFC 2046 section 5.1.1); where it does not end
    /// its line, but for blanks, the form is refused rather than guessed at. The line before it may be the empty one
    /// that ends a header: an empty part.
    [[nodiscard]] Judged<void> feed(std::string_view bytes);

    /// Call it at the end of the body: refuses a form without its closing boundary.
    [[nodiscard]] Judged<void> finish() const;

private:
    enum class Expected {
        preamble,
        data,
        delimiter_end,  // what follows a delimiter
        second_hyphen,  // of the closing one
        padding,        // blanks between a delimiter and its line's end
        line_feed,
        header,
        nothing
    };

    [[nodiscard]] Judged<void> take_content(std::string_view& bytes);
    [[nodiscard]] Judged<void> continue_delimiter(std::string_view& bytes);
    [[nodiscard]] Judged<void> tell_content(std::string_view bytes);
    [[nodiscard]] Judged<void> end_content();
    [[nodiscard]] Judged<void> take_delimiter_end(char c);
    [[nodiscard]] Judged<void> take_header(std::string_view& bytes);
    [[nodiscard]] Judged<void> begin_part();
    void expect_content(Expected kind);

    std::string delimiter_;  // CRLF, two hyphens, the boundary
    MultipartLimits limits_;
    PartSink& sink_;
    Expected expected_ = Expected::preamble;
    std::size_t matched_ = 0;   // bytes of the delimiter that the content read so far ends with
    std::size_t borrowed_ = 0;  // of them, those that were no content: a line's end before it
    std::size_t preamble_ = 0;  // bytes
    std::size_t parts_ = 0;
    std::string header_;
};

}  // namespace gatehouse::http
