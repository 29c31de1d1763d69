// What of several forms a client takes, and in which form a body came (RFC 9110 sections 8.3, 8.4 and 12.5.3). Pure;
// any thread.
#pragma once

#include "server/http/request.hpp"

#include <string_view>

namespace gatehouse::http {

enum class Coding { identity, gzip, brotli };
/// As it stands in Content-Encoding; empty for identity.
[[nodiscard]] std::string_view name(Coding coding);

/// The codings that there are of a response, beside identity.
struct Codings {
    bool gzip = false;
    bool brotli = false;
};
/// What Accept-Encoding asks for: the available coding of the greatest weight; among equals brotli before gzip before
/// identity, which is the order of their sizes. A coding that is not named, neither by "*", is not sent. Where the
/// field is missing, or excludes all that there is, the answer is identity: RFC 9110 leaves that open, and a client
/// that gets something can say what it does not like about it. Members that can't be read are skipped; of several with
/// the same name the first counts.
[[nodiscard]] Coding choose_coding(const Request& request, Codings available);

/// What the fields say a body is.
enum class BodyType {
    untold,     ///< no Content-Type
    json,       ///< application/json
    form,       ///< application/x-www-form-urlencoded
    multipart,  ///< multipart/form-data
    other,      ///< anything else: also a charset but UTF-8, a malformed or repeated Content-Type, a Content-Encoding
};
[[nodiscard]] BodyType body_type(const Request& request);

}  // namespace gatehouse::http
