// What who waits at a terminal is told while a backup is made or restored. Main's thread.
#pragma once

#include <functional>
#include <string>

namespace gatehouse::gatehousectl::backup {

/// Told what is being done, in words.
using Progress = std::function<void(const std::string&)>;

}  // namespace gatehouse::gatehousectl::backup
