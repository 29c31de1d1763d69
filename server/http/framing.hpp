// Judges a raw HTTP/1.1 header block before a parser sees it: strict RFC 9112 grammar, nothing ambiguous. Beast joins
// folded lines and takes other liberties, and two readers that disagree about where a request ends are how requests are
// smuggled. Pure; any thread.
#pragma once

#include "server/http/request_parser.hpp"

#include <string_view>

namespace gatehouse::http {

/// `block` is one whole header block, request line to the empty line's CRLF. Refuses: bare CR or LF, control
/// characters, obs-fold, space before the colon, field names that are no tokens, several or missing or malformed Host
/// (HTTP/1.1), Content-Length that is repeated, a list, signed, empty or too large, Content-Length beside
/// Transfer-Encoding, any Transfer-Encoding but one final "chunked" (501 for others; in HTTP/1.0 always refused), a
/// target that is neither origin-form nor an absolute https/http URI (nor * for OPTIONS), a version but HTTP/1.0 and
/// HTTP/1.1 (505).
[[nodiscard]] Judged<void> judge_head(std::string_view block);

}  // namespace gatehouse::http
