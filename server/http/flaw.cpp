#include "server/http/flaw.hpp"

namespace gatehouse::http {

namespace {

struct Words {
    unsigned status;
    std::string_view code;
    std::string_view detail;
};

constexpr Words words_for_head(Flaw flaw) {
    switch (flaw) {
        case Flaw::bare_line_feed:
            return {400, "bad_line_end", "A line of the header ends in LF without CR before it."};
        case Flaw::header_too_large:
            return {431, "header_too_large", "The header is larger than this server takes."};
        case Flaw::too_many_fields:
            return {431, "header_too_large", "The header has more fields than this server takes."};
        case Flaw::request_line_too_long:
            return {414, "target_too_long", "The request line is too long."};
        case Flaw::request_line:
            return {400, "bad_request_line", "The request line is not METHOD TARGET HTTP/1.1."};
        case Flaw::target:
            return {400, "bad_target",
                    "The request target is neither a path that begins with / nor an http(s) address."};
        case Flaw::version:
            return {400, "bad_version", "The request line does not end in an HTTP version."};
        case Flaw::unknown_version:
            return {505, "version_not_supported", "This server speaks HTTP/1.1 and HTTP/1.0."};
        case Flaw::field_name:
            return {400, "bad_field", "A field name is empty or holds a character it must not."};
        case Flaw::space_before_colon:
            return {400, "bad_field", "White space stands between a field name and its colon."};
        case Flaw::folded_line:
            return {400, "folded_line", "A header line begins with white space (folded lines)."};
        case Flaw::field_value:
            return {400, "bad_field", "A field value holds a control character."};
        case Flaw::end_of_block:
            return {400, "bad_request", "The header does not end where its empty line is."};
        case Flaw::host_missing:
            return {400, "bad_host", "The Host field is missing."};
        case Flaw::host_repeated:
            return {400, "bad_host", "The Host field is there more than once."};
        case Flaw::host_malformed:
            return {400, "bad_host", "Host is not a host name or address with an optional port."};
        default:
            return {400, "bad_request", "The request is malformed."};
    }
}

constexpr Words words_for_framing(Flaw flaw) {
    switch (flaw) {
        case Flaw::length_repeated:
            return {400, "bad_content_length", "Content-Length is there more than once."};
        case Flaw::length_malformed:
            return {400, "bad_content_length", "Content-Length is not one decimal number."};
        case Flaw::length_and_coding:
            return {400, "ambiguous_length", "Content-Length and Transfer-Encoding exclude each other."};
        case Flaw::coding_malformed:
            return {400, "bad_transfer_encoding",
                    "Transfer-Encoding is malformed, or chunked is not its only, last one."};
        case Flaw::coding_repeated:
            return {400, "bad_transfer_encoding", "Transfer-Encoding is there more than once."};
        case Flaw::coding_in_http_1_0:
            return {400, "bad_transfer_encoding", "An HTTP/1.0 request must not have a Transfer-Encoding."};
        case Flaw::coding_unknown:
            return {501, "transfer_coding_not_supported",
                    "The only transfer coding that this server takes is chunked."};
        case Flaw::connection_malformed:
            return {400, "bad_field", "Connection is not a list of options."};
        case Flaw::expectation:
            return {417, "expectation_failed", "The only expectation that this server meets is 100-continue."};
        case Flaw::readers_disagree:
            return {400, "bad_request", "The header can be read in more than one way."};
        case Flaw::chunk_size:
            return {400, "bad_chunk", "A chunk's size is not 1 to 16 hexadecimal digits in range."};
        case Flaw::chunk_extension:
            return {400, "bad_chunk", "A chunk's extension is malformed."};
        case Flaw::chunk_extensions_too_large:
            return {400, "bad_chunk", "The chunk extensions are too large."};
        case Flaw::chunk_end:
            return {400, "bad_chunk", "A chunk does not end in CRLF where its size says."};
        case Flaw::trailer:
            return {400, "bad_trailer", "A field of the trailer section is malformed or forbidden there."};
        case Flaw::trailers_too_large:
            return {400, "bad_trailer", "The trailer section is too large."};
        default:
            return words_for_head(flaw);
    }
}

}  // namespace

Refusal refusal(Flaw flaw) {
    const Words words = words_for_framing(flaw);
    return {words.status, std::string(words.code), std::string(words.detail)};
}

}  // namespace gatehouse::http
