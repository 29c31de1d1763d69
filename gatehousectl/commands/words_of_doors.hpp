// Words for what the API says of a door in one word. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl::commands {

/// Of `source`: operator, last_good, self_signed.
[[nodiscard]] std::string source_text(std::string_view source);

/// Of a Reload: when, why, what came of it.
[[nodiscard]] std::string reload_text(const nlohmann::json& reload);

/// Days left as of a Certificate: "364 days left", "expired 3 days ago".
[[nodiscard]] std::string days_text(std::int64_t days_left);

}  // namespace gatehouse::gatehousectl::commands
