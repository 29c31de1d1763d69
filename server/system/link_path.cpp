#include "server/system/link_path.hpp"

#include "base/way.hpp"

namespace gatehouse::system {

void add_lookups(const std::filesystem::path& path, Lookups& lookups) {
    const base::Way way = base::way_to(path);
    const auto add = [&](const std::filesystem::path& entry) {
        if (entry.has_relative_path()) lookups[entry.parent_path()].insert(entry.filename().string());
    };
    for (const std::filesystem::path& station : way.stations)
        add(station);
    add(way.missing);
}

}  // namespace gatehouse::system
