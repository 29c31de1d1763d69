// A JSON object with one secret member, no copy of which is left behind. Pure; any thread.
#pragma once

#include "base/secret.hpp"
#include "gatehousectl/failure.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace gatehouse::gatehousectl {

/// `others` (an object) with `member`: `secret`. A secret that is no UTF-8 is refused: JSON cannot hold it.
[[nodiscard]] Outcome<base::Secret> secret_json(const nlohmann::json& others, std::string_view member,
                                                const base::Secret& secret);

}  // namespace gatehouse::gatehousectl
