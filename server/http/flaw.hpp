// What can be wrong with the bytes of a request, and the one table from there to the refusal that the client is told.
// A plain code while parsing, so that a good request pays for no text; rooms whose sentences name a member or a
// parameter make their Refusal themselves. Pure; any thread.
#pragma once

#include <tl/expected.hpp>

#include <optional>
#include <string>

namespace gatehouse::http {

/// Why a request is refused: see http::problem for the answer.
struct Refusal {
    unsigned status = 400;
    std::string code;                      ///< stable: e.g. "bad_request", "header_too_large"
    std::string detail;                    ///< a sentence
    std::optional<std::string> pointer{};  ///< RFC 6901, to the member of a JSON body at fault
};
template <class T>
using Judged = tl::expected<T, Refusal>;

enum class Flaw {
    none,
    bare_line_feed,
    header_too_large,
    too_many_fields,
    request_line_too_long,
    request_line,
    target,
    version,
    unknown_version,
    field_name,
    space_before_colon,
    folded_line,
    field_value,
    end_of_block,
    host_missing,
    host_repeated,
    host_malformed,
    length_repeated,
    length_malformed,
    length_and_coding,
    coding_malformed,
    coding_repeated,
    coding_in_http_1_0,
    coding_unknown,
    connection_malformed,
    expectation,
    readers_disagree,
    chunk_size,
    chunk_extension,
    chunk_extensions_too_large,
    chunk_end,
    trailer,
    trailers_too_large,
    form_boundary,
    form_delimiter,
    form_part_header,
    form_disposition,
    form_name,
    form_transfer_encoding,
    form_unfinished,
    form_preamble_too_large,
    form_too_many_parts,
    form_part_header_too_large,
    form_name_too_long,
    query_escape,
    query_text,
    query_too_large,
    cookie_ambiguous,
    origin_foreign,
    origin_untold,
};

/// Status, stable code and sentence of a flaw. Never call it with `none`.
[[nodiscard]] Refusal refusal(Flaw flaw);
/// The failing side of a Judged.
[[nodiscard]] inline tl::unexpected<Refusal> refuse(Flaw flaw) {
    return tl::unexpected<Refusal>(refusal(flaw));
}

}  // namespace gatehouse::http
