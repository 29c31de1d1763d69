#include "base/advice.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <pwd.h>
#include <sys/stat.h>
#include <system_error>
#include <vector>

namespace gatehouse::base {

namespace {

bool is_safe_in_shell(char c) {
    constexpr std::string_view others = "/._-+:@%,=";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

namespace fs = std::filesystem;

// Whether nobody but root can put something else under the name of `entry` in `folder`.
bool is_roots_entry(const struct stat& folder, const struct stat& entry) {
    if (folder.st_uid != 0) return false;
    const bool group_may = (folder.st_mode & S_IWGRP) != 0 && folder.st_gid != 0;
    if (!group_may && (folder.st_mode & S_IWOTH) == 0) return true;
    return (folder.st_mode & S_ISVTX) != 0 && entry.st_uid == 0;
}

// Names still to be gone, the next one last.
void put_on_way(std::vector<fs::path>& way, const fs::path& path) {
    const std::vector<fs::path> names(path.begin(), path.end());
    way.insert(way.end(), names.rbegin(), names.rend());
}

std::string advice_without_chown(uid_t user) {
    return "Run: gatehousectl adopt. What that leaves alone remove, and put it there anew as " + user_name(user) +
           ". No chown or chmod by root: others can lay a link on the way to it.";
}

}  // namespace

bool only_root_leads_to(const fs::path& path) {
    constexpr int most_links = 40;  // as the kernel's
    std::error_code error;
    std::vector<fs::path> way;
    put_on_way(way, fs::absolute(path, error));
    if (error) return false;
    fs::path here = "/";
    int links = 0;
    while (!way.empty()) {
        const fs::path name = way.back();
        way.pop_back();
        if (name == "..") here = here.parent_path();
        if (name.empty() || name == "/" || name == "." || name == "..") continue;
        const fs::path next = here / name;
        struct stat folder {};
        struct stat entry {};
        if (::lstat(here.c_str(), &folder) != 0) return false;
        if (::lstat(next.c_str(), &entry) != 0) {
            if (errno != ENOENT) return false;
            entry.st_uid = static_cast<uid_t>(-1);  // anybody may lay what is not there yet, where others may write
            return is_roots_entry(folder, entry);
        }
        if (!is_roots_entry(folder, entry)) return false;
        if (!S_ISLNK(entry.st_mode)) {
            here = next;
            continue;
        }
        const fs::path target = fs::read_symlink(next, error);
        if (error || ++links > most_links) return false;
        if (target.is_absolute()) here = "/";
        put_on_way(way, target);
    }
    return true;
}

std::string advice_to_give(const fs::path& path, uid_t user) {
    if (only_root_leads_to(path)) return "Run: chown " + user_name(user) + " " + shell_quoted(path);
    return advice_without_chown(user);
}

std::string advice_to_change_mode(const fs::path& path, uid_t owner, uid_t user, std::string_view mode) {
    const std::string command = "chmod " + std::string(mode) + " " + shell_quoted(path);
    if (only_root_leads_to(path)) return "Run: " + command;
    // With the user's own rights a link leads to nothing that the user could not change anyway.
    if (owner == user && user != 0) return "Run: runuser -u " + user_name(user) + " -- " + command;
    return advice_without_chown(user);
}

std::string shell_quoted(const std::filesystem::path& path) {
    const std::string& text = path.native();
    if (!text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), is_safe_in_shell)) return text;
    std::string quoted = text.starts_with('-') ? "'./" : "'";
    for (const char c : text) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

std::string user_name(uid_t user) {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
    return std::to_string(user);
}

std::string words_of(int error) {
    return std::generic_category().message(error);
}

std::string mode_text(mode_t mode) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777U));
    return text.data();
}

}  // namespace gatehouse::base
