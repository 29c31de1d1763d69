// What decides where a path leads: whoever may change one of these can lead root elsewhere. Asks the file system;
// blocks; any thread.
#pragma once

#include <filesystem>
#include <vector>

namespace gatehouse::base {

/// Each folder that is passed on the way to `path`, from / on, each link, and what lies at its end, in the order in
/// which the kernel resolves it (path_resolution(7)); a folder may come twice. `path` is made absolute first. The list
/// ends before what is missing or can't be looked at, and after 40 links.
[[nodiscard]] std::vector<std::filesystem::path> way_to(const std::filesystem::path& path);

}  // namespace gatehouse::base
