// Where a file that the daemon hands out goes: stdout or a file. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <filesystem>
#include <string_view>

namespace gatehouse::gatehousectl {

/// Writes `bytes` to `file`, over what is there; to stdout where it is empty or "-", but for bytes that are no text and
/// a terminal that would show them.
[[nodiscard]] Outcome<void> put_out(const Console& console, const std::filesystem::path& file, std::string_view bytes);

}  // namespace gatehouse::gatehousectl
