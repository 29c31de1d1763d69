// What decides where a path leads: whoever may change one of these can lead root elsewhere. Asks the file system;
// blocks; any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace gatehouse::base {

struct Way {
    /// Each folder that is passed, from / on, each link, and what lies at the end, in the order in which the kernel
    /// resolves the path (path_resolution(7)); a folder may come twice.
    std::vector<std::filesystem::path> stations;
    /// 0: the last station is what the path leads to. Else the errno of what could not be looked at behind it: ENOENT
    /// for what is not there, ELOOP behind 40 links.
    int error = 0;
    /// What could not be looked at, as a path without links but for its last name; empty behind 40 links.
    std::filesystem::path missing{};
};

/// `path` is made absolute first.
[[nodiscard]] Way way_to(const std::filesystem::path& path);

/// The first station at which others than root could lead the way elsewhere, or one behind which nothing could be
/// looked at; nothing: only root says where it leads. Whose it is that lies at the end does not count, nor whether it
/// is there.
[[nodiscard]] std::optional<std::filesystem::path> led_by_others(const Way& way);

}  // namespace gatehouse::base
