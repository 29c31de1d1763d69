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

}  // namespace gatehouse::gatehousectl
