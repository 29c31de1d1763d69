// Reads the daemon's JSON for people. Never fails: what is missing, null or of another type is empty, because a newer
// or older daemon must still be shown. Pure; any thread.
#pragma once

#include "gatehousectl/failure.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gatehousectl {

/// What the daemon sent; null where that is no JSON or nests deeper than 64 levels: whoever writes it again, does so
/// level by level.
[[nodiscard]] nlohmann::json json_of(std::string_view text);
/// The same on one line; for a terminal in ASCII, without a character that moves its cursor or turns the direction of
/// writing.
[[nodiscard]] std::string line_of(const nlohmann::json& value, bool for_terminal);

/// A text; a number in digits; "yes" or "no".
[[nodiscard]] std::string text_in(const nlohmann::json& object, const char* member);
[[nodiscard]] std::int64_t number_in(const nlohmann::json& object, const char* member);
[[nodiscard]] bool truth_in(const nlohmann::json& object, const char* member);
/// The object or list itself; an empty one where there is none.
[[nodiscard]] const nlohmann::json& part_of(const nlohmann::json& object, const char* member);
/// A list of texts.
[[nodiscard]] std::vector<std::string> texts_in(const nlohmann::json& object, const char* member);
/// A list of findings.
[[nodiscard]] std::vector<Finding> findings_in(const nlohmann::json& object, const char* member);

/// A text, or "-" where there is none, for a table's cell.
[[nodiscard]] std::string cell(const nlohmann::json& object, const char* member);
/// A time for a table's cell, or "-".
[[nodiscard]] std::string time_cell(const nlohmann::json& object, const char* member);

}  // namespace gatehouse::gatehousectl
