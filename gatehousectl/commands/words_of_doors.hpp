// Words for what the API says of a door in one word. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl::commands {

/// Of `source`: operator, last_good, self_signed.
[[nodiscard]] std::string source_text(std::string_view source);

/// Of a Reload of the door `interface`: when, why, what came of it, and what to do where it was refused.
[[nodiscard]] std::string reload_text(const nlohmann::json& reload, const std::string& interface);

/// Of a padlock: "green", or its colour and the reasons.
[[nodiscard]] std::string padlock_text(const nlohmann::json& door);

/// Of a certificate: from when to when, and the days that are left.
[[nodiscard]] std::string validity_text(const nlohmann::json& certificate);

/// Days left as of a Certificate: "364 days left", "expired 2 days ago" for -3, which is less than three.
[[nodiscard]] std::string days_text(std::int64_t days_left);

}  // namespace gatehouse::gatehousectl::commands
