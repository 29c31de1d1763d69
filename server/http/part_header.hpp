// The header of one part of a form (RFC 7578 section 4). Plain values; any thread.
#pragma once

#include "server/http/flaw.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

struct PartHeader {
    std::string name;  ///< UTF-8 without control characters
    /// For people to read, never a path: UTF-8; control characters are shown as '_', bytes that are no UTF-8 as U+FFFD.
    /// Slashes and backslashes are left in. nullopt: no file.
    std::optional<std::string> filename;
    std::string content_type;  ///< as sent; empty: none, which means text/plain
};

/// `block` is all header lines of a part with their CRLF and the empty line's. Of `filename*` (RFC 8187, which RFC 7578
/// forbids and some clients send) and `filename` the former counts, unless it is not UTF-8, well escaped. In both names
/// %22 is a quote, as browsers write it. Lines but Content-Disposition, Content-Type and Content-Transfer-Encoding are
/// dropped. Flaws: form_part_header (grammar of framing's read_field; one of those three twice), form_disposition,
/// form_name, form_name_too_long (name or filename over `name_bytes`), form_transfer_encoding (but 7bit, 8bit, binary).
[[nodiscard]] Flaw read_part_header(std::string_view block, std::size_t name_bytes, PartHeader& header);

}  // namespace gatehouse::http
