#include "server/system/link_path.hpp"

#include <deque>
#include <system_error>

namespace gatehouse::system {

namespace {

namespace fs = std::filesystem;

// Puts the components of `path` before what is still to be walked.
void prepend(std::deque<fs::path>& way, const fs::path& path) {
    const fs::path relative = path.relative_path();
    way.insert(way.begin(), relative.begin(), relative.end());
}

}  // namespace

void add_lookups(const fs::path& path, Lookups& lookups) {
    constexpr int most_links = 40;
    std::deque<fs::path> way;
    prepend(way, path);
    fs::path folder = "/";  // never holds a link, so that .. is its parent
    int links = 0;
    while (!way.empty()) {
        const fs::path component = way.front();
        way.pop_front();
        if (component.empty() || component == ".") continue;
        if (component == "..") {
            folder = folder.parent_path();
            continue;
        }
        lookups[folder].insert(component.string());
        std::error_code error;
        const fs::path target = fs::read_symlink(folder / component, error);
        if (!error) {
            if (++links > most_links) return;
            if (target.is_absolute()) folder = "/";
            prepend(way, target);
        } else if (error == std::errc::invalid_argument) {  // there, and no link
            folder /= component;
        } else {
            return;
        }
    }
}

}  // namespace gatehouse::system
