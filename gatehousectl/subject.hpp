// The subject of a signing request as it is typed, CN=gw.example.com,O=Example (RFC 4514), and as the daemon takes it:
// an object. Pure; any thread.
#pragma once

#include "gatehousectl/failure.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace gatehouse::gatehousectl {

/// {"common_name": …, "organization": …} of CN, O, OU, L, ST and C, in whatever case and each at most once. A comma in
/// a value is written "\,"; spaces around a part do not count. Errors: misused.
[[nodiscard]] Outcome<nlohmann::json> parse_subject(std::string_view text);

}  // namespace gatehouse::gatehousectl
