#include "base/advice.hpp"

#include "base/way.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <pwd.h>
#include <system_error>

namespace gatehouse::base {

namespace {

bool is_safe_in_shell(char c) {
    constexpr std::string_view others = "/._-+:@%,=";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

std::string advice_without_chown(uid_t user) {
    return "Run: gatehousectl adopt. What that leaves alone remove, and put it there anew as " + user_name(user) +
           ". No chown or chmod by root: others can lay a link on the way to it.";
}

}  // namespace

std::string advice_to_give(const std::filesystem::path& path, uid_t user) {
    if (!led_by_others(way_to(path))) return "Run: chown " + user_name(user) + " " + shell_quoted(path);
    return advice_without_chown(user);
}

std::string advice_to_change_mode(const std::filesystem::path& path, uid_t owner, uid_t user, std::string_view mode) {
    const std::string command = "chmod " + std::string(mode) + " " + shell_quoted(path);
    if (!led_by_others(way_to(path))) return "Run: " + command;
    // With the user's own rights a link leads to nothing that the user could not change anyway.
    if (owner == user && user != 0) return "Run: runuser -u " + user_name(user) + " -- " + command;
    return advice_without_chown(user);
}

std::string advice_to_open_for_writing() {
    return "Mount the file system writable; where systemd runs the daemon, name the folder in ReadWritePaths= of its "
           "unit (systemctl edit gatehouse.service).";
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
