// Judges a raw HTTP/1.1 header block before a parser sees it: strict RFC 9112 grammar, nothing ambiguous. Beast joins
// folded lines and takes other liberties, and two readers that disagree about where a request ends are how requests are
// smuggled. Pure; any thread.
#pragma once

#include "server/http/flaw.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::http {

/// What the judged block says about itself. Views point into it.
struct HeadFacts {
    std::string_view method;
    std::string_view target;
    std::string_view path;   ///< "/" for an absolute target without one, "*" for OPTIONS *
    std::string_view query;  ///< after '?', without it
    std::string_view host;   ///< authority of an absolute target (RFC 9112 section 3.2.2), else the Host field
    unsigned minor_version = 1;
    bool keep_alive = true;         ///< RFC 9112 section 9.3
    bool chunked = false;           ///< the body is chunked
    bool has_length = false;        ///< Content-Length is there
    std::uint64_t length = 0;       ///< its value, at most 2^63 - 1
    bool expects_continue = false;  ///< HTTP/1.1 with Expect: 100-continue
    std::size_t fields = 0;         ///< how many field lines
};

/// `block` is one whole header block, request line to the empty line's CRLF. Refuses: bare CR or LF, control
/// characters, obs-fold, space before the colon, field names that are no tokens, several or missing or malformed Host
/// (HTTP/1.1), Content-Length that is repeated, a list, signed, empty or too large, Content-Length beside
/// Transfer-Encoding, any Transfer-Encoding but one final "chunked" (501 for others; in HTTP/1.0 always refused), a
/// target that is neither origin-form nor an absolute https/http URI (nor * for OPTIONS), a version but HTTP/1.0 and
/// HTTP/1.1 (505), an Expect but 100-continue (417).
/// A target may hold any visible ASCII character but '#': browsers send some in queries that RFC 3986 forbids. A host
/// may hold letters, digits, '-', '.', '_', '~' or be an address; percent-escapes there have no use but to confuse.
[[nodiscard]] Judged<HeadFacts> judge_head(std::string_view block);

/// One field line of a header or trailer section.
struct FieldLine {
    std::string_view name;
    std::string_view value;  ///< without the white space around it
    std::size_t length = 0;  ///< of the whole line with its CRLF
};
/// Reads the field line at the beginning of `text`. `line` is valid only where the flaw is none.
[[nodiscard]] Flaw read_field(std::string_view text, FieldLine& line);

/// Length of the token (RFC 9110 section 5.6.2) that `text` begins with, 0 where it begins with none.
[[nodiscard]] std::size_t token_length(std::string_view text);

/// First byte that is a control character (below 0x20, or 0x7f), or text.size().
[[nodiscard]] std::size_t find_control(std::string_view text);

}  // namespace gatehouse::http
