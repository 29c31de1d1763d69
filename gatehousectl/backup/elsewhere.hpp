// Where a configuration leads root, told apart from where the one in place does: a backup from somebody else could name
// any folder and file of root's for what is restored. Stateless; main's thread.
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"

#include <filesystem>
#include <string>

namespace gatehouse::gatehousectl::backup {

/// The settings that are in force here: those of the file at `configuration`, as far as it can be understood, else the
/// package's. Reads that file.
[[nodiscard]] config::Settings settings_here(const std::filesystem::path& configuration);

/// Refuses settings with another path than `here` has, below STATE or outside: input/leads_elsewhere, which names them
/// all. `from`: the backup, as errors call it.
[[nodiscard]] base::Result<void> leads_where(const config::Settings& here, const config::Settings& coming,
                                             const std::string& from);

}  // namespace gatehouse::gatehousectl::backup
