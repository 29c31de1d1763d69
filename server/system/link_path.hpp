// What a path depends on: each folder that is looked into when the kernel resolves it, and the names looked up there,
// links followed one component after the other. Reads links only; stateless; blocking, so not on an I/O thread.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace gatehouse::system {

/// Folder, as a path without links → the names in it that matter. The file's own folder and name come last on the way
/// and are part of it.
using Lookups = std::map<std::filesystem::path, std::set<std::string>>;

/// Adds all lookups that resolving `path` (absolute) makes at present. Where a component is missing, unreadable or in a
/// circle of links (more than 40, as in the kernel), the way ends there: a change at that name can reopen it.
void add_lookups(const std::filesystem::path& path, Lookups& lookups);

}  // namespace gatehouse::system
