// Request targets of the API: /api/v1, a path of encoded segments, a query. Pure; any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::gatehousectl {

/// Name and value; one with an empty value is left out.
using Query = std::vector<std::pair<std::string_view, std::string>>;

/// E.g. target({"operators", "a/b"}, {{"limit", "9"}}) is /api/v1/operators/a%2Fb?limit=9.
[[nodiscard]] std::string target(std::initializer_list<std::string_view> segments, const Query& query = {});

/// `parts` as one text with commas in between, which is how the API takes several codes.
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view between = ",");

}  // namespace gatehouse::gatehousectl
