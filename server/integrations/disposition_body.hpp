// What a disposition update service is sent. Pure; any thread.
#pragma once

#include "server/integrations/disposition.hpp"

#include <string>

namespace gatehouse::integrations {

/// The JSON object of the request's body, on one line:
/// {"sha256","md5","sha1","disposition":"malicious","score","sample","analyzed_at"}, the last as RFC 3339.
[[nodiscard]] std::string disposition_body(const Disposition& disposition);

}  // namespace gatehouse::integrations
