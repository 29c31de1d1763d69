#include "base/way.hpp"

#include <cerrno>
#include <deque>
#include <sys/stat.h>
#include <system_error>

namespace gatehouse::base {

namespace fs = std::filesystem;

namespace {

// Whether nobody but root can put something else there or, of a folder, under the name of `next` in it.
bool is_led_by_root(const fs::path& station, const fs::path* next) {
    struct stat facts {};
    if (::lstat(station.c_str(), &facts) != 0 || facts.st_uid != 0) return false;
    if (S_ISLNK(facts.st_mode)) return true;
    const bool group_may = (facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0;
    if (!group_may && (facts.st_mode & S_IWOTH) == 0) return true;
    // In a folder like /tmp others can make names, and not change those that are root's.
    if ((facts.st_mode & S_ISVTX) == 0 || next == nullptr) return false;
    return ::lstat(next->c_str(), &facts) == 0 && facts.st_uid == 0;
}

}  // namespace

Way way_to(const fs::path& path) {
    constexpr int most_links = 40;  // as many as the kernel follows
    Way way;
    std::error_code error;
    const fs::path absolute = fs::absolute(path, error);
    std::deque<fs::path> ahead(absolute.begin(), absolute.end());
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
        struct stat facts {};
        if (::lstat(next.c_str(), &facts) != 0) {
            way.error = errno;
            way.missing = next;
            return way;
        }
        way.stations.push_back(next);
        if (!S_ISLNK(facts.st_mode)) {
            at = next;
            continue;
        }
        const fs::path target = fs::read_symlink(next, error);
        if (error || ++links > most_links) {
            way.error = error ? error.value() : ELOOP;
            return way;
        }
        ahead.insert(ahead.begin(), target.begin(), target.end());
    }
    return way;
}

std::optional<fs::path> led_by_others(const Way& way) {
    const bool may_be_made = way.error == ENOENT;
    if (way.error != 0 && !may_be_made) return way.stations.empty() ? fs::path("/") : way.stations.back();
    const std::size_t decides = way.stations.size() - (may_be_made || way.stations.empty() ? 0 : 1);
    for (std::size_t i = 0; i < decides; ++i) {
        const fs::path* const next = i + 1 < way.stations.size() ? &way.stations[i + 1] : nullptr;
        if (!is_led_by_root(way.stations[i], next)) return way.stations[i];
    }
    return std::nullopt;
}

}  // namespace gatehouse::base
