// Guesses which name a mistyped one was meant to be, for the advice of an error. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

/// The one of `known` that `word` was probably meant to be, or "".
[[nodiscard]] std::string nearest_name(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace gatehouse::config
