#include "server/http/flaw.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace gatehouse::http {

namespace {

struct Words {
    Flaw flaw;
    unsigned status;
    std::string_view code;
    std::string_view detail;
};

// In the order of Flaw, which begins with `none`.
constexpr std::array all_words = std::to_array<Words>({
    {Flaw::bare_line_feed, 400, "bad_line_end", "A line of the header ends in LF without CR before it."},
    {Flaw::header_too_large, 431, "header_too_large", "The header is larger than this server takes."},
    {Flaw::too_many_fields, 431, "header_too_large", "The header has more fields than this server takes."},
    {Flaw::request_line_too_long, 414, "target_too_long", "The request line is too long."},
    {Flaw::request_line, 400, "bad_request_line", "The request line is not METHOD TARGET HTTP/1.1."},
    {Flaw::target, 400, "bad_target",
     "The request target is neither a path that begins with / nor an http(s) address."},
    {Flaw::version, 400, "bad_version", "The request line does not end in an HTTP version."},
    {Flaw::unknown_version, 505, "version_not_supported", "This server speaks HTTP/1.1 and HTTP/1.0."},
    {Flaw::field_name, 400, "bad_field", "A field name is empty or holds a character it must not."},
    {Flaw::space_before_colon, 400, "bad_field", "White space stands between a field name and its colon."},
    {Flaw::folded_line, 400, "folded_line", "A header line begins with white space (folded lines)."},
    {Flaw::field_value, 400, "bad_field", "A field value holds a control character."},
    {Flaw::end_of_block, 400, "bad_request", "The header does not end where its empty line is."},
    {Flaw::host_missing, 400, "bad_host", "The Host field is missing."},
    {Flaw::host_repeated, 400, "bad_host", "The Host field is there more than once."},
    {Flaw::host_malformed, 400, "bad_host", "Host is not a host name or address with an optional port."},
    {Flaw::length_repeated, 400, "bad_content_length", "Content-Length is there more than once."},
    {Flaw::length_malformed, 400, "bad_content_length", "Content-Length is not one decimal number."},
    {Flaw::length_and_coding, 400, "ambiguous_length", "Content-Length and Transfer-Encoding exclude each other."},
    {Flaw::coding_malformed, 400, "bad_transfer_encoding",
     "Transfer-Encoding is malformed, or chunked is not its only, last one."},
    {Flaw::coding_repeated, 400, "bad_transfer_encoding", "Transfer-Encoding is there more than once."},
    {Flaw::coding_in_http_1_0, 400, "bad_transfer_encoding", "An HTTP/1.0 request must not have a Transfer-Encoding."},
    {Flaw::coding_unknown, 501, "transfer_coding_not_supported",
     "The only transfer coding that this server takes is chunked."},
    {Flaw::connection_malformed, 400, "bad_field", "Connection is not a list of options."},
    {Flaw::expectation, 417, "expectation_failed", "The only expectation that this server meets is 100-continue."},
    {Flaw::readers_disagree, 400, "bad_request", "The header can be read in more than one way."},
    {Flaw::chunk_size, 400, "bad_chunk", "A chunk's size is not 1 to 16 hexadecimal digits in range."},
    {Flaw::chunk_extension, 400, "bad_chunk", "A chunk's extension is malformed."},
    {Flaw::chunk_extensions_too_large, 400, "bad_chunk", "The chunk extensions are too large."},
    {Flaw::chunk_end, 400, "bad_chunk", "A chunk does not end in CRLF where its size says."},
    {Flaw::trailer, 400, "bad_trailer", "A field of the trailer section is malformed or forbidden there."},
    {Flaw::trailers_too_large, 400, "bad_trailer", "The trailer section is too large."},
    {Flaw::form_boundary, 400, "bad_form",
     "The Content-Type of a multipart/form-data body gives no boundary of 1 to 70 of the characters that it may have."},
    {Flaw::form_delimiter, 400, "bad_form", "In the form, something else than the end of its line follows a boundary."},
    {Flaw::form_part_header, 400, "bad_form", "A header line of a part of the form is malformed or there twice."},
    {Flaw::form_disposition, 400, "bad_form",
     "A part of the form has no Content-Disposition: form-data with a name, or a malformed one."},
    {Flaw::form_name, 400, "bad_form", "The name of a part of the form is no UTF-8 or holds a control character."},
    {Flaw::form_transfer_encoding, 400, "bad_form",
     "A part of the form has a Content-Transfer-Encoding; in a form the bytes are sent as they are."},
    {Flaw::form_unfinished, 400, "bad_form", "The form ends before its closing boundary."},
    {Flaw::form_preamble_too_large, 400, "bad_form", "The form does not begin with its boundary."},
    {Flaw::form_too_many_parts, 413, "form_too_large", "The form has more parts than this address takes."},
    {Flaw::form_part_header_too_large, 413, "form_too_large",
     "The header of a part of the form has no end, or is larger than this address takes."},
    {Flaw::form_name_too_long, 413, "form_too_large",
     "The name or file name of a part of the form is longer than this address takes."},
    {Flaw::query_escape, 400, "bad_query", "A percent sign is not followed by two hexadecimal digits."},
    {Flaw::query_text, 400, "bad_query", "A name or value is no UTF-8 or holds a NUL character."},
    {Flaw::query_too_large, 400, "bad_query", "There are more parameters, or longer ones, than this server takes."},
    {Flaw::cookie_ambiguous, 400, "ambiguous_cookie",
     "The same cookie was sent with different values. Delete the cookies of this site and sign in again."},
    {Flaw::origin_foreign, 403, "foreign_origin", "The request was made by a page of another origin."},
    {Flaw::origin_untold, 403, "origin_missing",
     "A request with a cookie must tell its origin (Origin or Sec-Fetch-Site). Scripts use a token instead."},
});
static_assert(all_words.size() == static_cast<std::size_t>(Flaw::origin_untold), "a line for every flaw but none");

constexpr bool in_order() {
    for (std::size_t i = 0; i < all_words.size(); ++i)
        if (static_cast<std::size_t>(all_words[i].flaw) != i + 1) return false;
    return true;
}
static_assert(in_order(), "the lines stand in the order of Flaw");

}  // namespace

Refusal refusal(Flaw flaw) {
    const Words& words = all_words.at(static_cast<std::size_t>(flaw) - 1);
    return {words.status, std::string(words.code), std::string(words.detail)};
}

}  // namespace gatehouse::http
