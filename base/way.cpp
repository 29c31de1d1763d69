#include "base/way.hpp"

#include <deque>
#include <system_error>

namespace gatehouse::base {

std::vector<std::filesystem::path> way_to(const std::filesystem::path& path) {
    namespace fs = std::filesystem;
    constexpr int most_links = 40;  // as many as the kernel follows
    std::error_code error;
    const fs::path absolute = fs::absolute(path, error);
    std::deque<fs::path> ahead(absolute.begin(), absolute.end());
    std::vector<fs::path> way;
    fs::path at;
    int links = 0;
    while (!ahead.empty()) {
        const fs::path name = ahead.front();
        ahead.pop_front();
        if (name.empty() || name == ".") continue;
        if (name == "..") {
            at = at.parent_path();
            continue;
        }
        const fs::path next = at / name;
        const auto status = fs::symlink_status(next, error);
        if (error || !fs::exists(status)) break;
        way.push_back(next);
        if (!fs::is_symlink(status)) {
            at = next;
            continue;
        }
        const fs::path target = fs::read_symlink(next, error);
        if (error || ++links > most_links) break;
        ahead.insert(ahead.begin(), target.begin(), target.end());
    }
    return way;
}

}  // namespace gatehouse::base
