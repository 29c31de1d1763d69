// Divides one text into a program and its arguments, as systemd's ExecStart= does: no shell has a part in it, so
// nothing is expanded. Pure; any thread.
#pragma once

#include "gatehousectl/failure.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gatehousectl {

/// Words stand between spaces; '...' and "..." keep what they hold together, and a backslash takes the next character
/// as it is (but in '...'). Misuse: a quote that does not end, a backslash at the end, no word at all.
[[nodiscard]] Outcome<std::vector<std::string>> split_words(std::string_view text);

}  // namespace gatehouse::gatehousectl
