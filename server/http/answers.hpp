// Answers that the rooms of both doors give, and how times and missing texts look in their JSON. Pure; any thread.
#pragma once

#include "server/http/response.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::http {

using Json = nlohmann::ordered_json;

/// `seconds` since the epoch as RFC 3339.
[[nodiscard]] Json time_shape(std::int64_t seconds);
/// The moment as RFC 3339, to the second.
[[nodiscard]] Json moment_shape(std::chrono::sys_time<std::chrono::microseconds> moment);
/// The same; null where there is none.
[[nodiscard]] Json moment_or_null(const std::optional<std::chrono::sys_time<std::chrono::microseconds>>& moment);
/// The text, or null where it is empty.
[[nodiscard]] Json text_or_null(const std::string& text);

/// 200 or `status` with a JSON body that no cache keeps. Bytes of it that are no UTF-8 are replaced.
[[nodiscard]] Response json_response(const Json& body, unsigned status = 200);
/// One page of a list; `next` is the cursor of the following page, nullopt where this is the last.
[[nodiscard]] Response list_response(Json items, const std::optional<std::string>& next = std::nullopt);
/// 204.
[[nodiscard]] Response no_content();
/// 429 with Retry-After.
[[nodiscard]] Response too_many(std::chrono::seconds wait);
/// "1 second", "90 seconds".
[[nodiscard]] std::string in_words(std::chrono::seconds wait);
/// Where the rules of a lower floor refuse a value, the body is at fault: 422; else as http::problem has it.
[[nodiscard]] Response refused(const base::Error& error);
/// The same with a pointer to the member at fault, by the error's code.
[[nodiscard]] Response refused(const base::Error& error,
                               std::initializer_list<std::pair<std::string_view, std::string_view>> members);

}  // namespace gatehouse::http
