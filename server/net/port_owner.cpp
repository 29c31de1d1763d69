#include "server/net/port_owner.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <system_error>

namespace gatehouse::net {

namespace {

namespace fs = std::filesystem;

// Inodes of the listening sockets on this port, from one of the kernel's tables.
void collect_inodes(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
    std::ifstream lines(table);
    std::string line;
    std::getline(lines, line);  // headings
    while (std::getline(lines, line)) {
        std::istringstream fields(line);
        std::string slot;
        std::string local;
        std::string remote;
        std::string state;
        std::string skipped;
        std::string inode;
        fields >> slot >> local >> remote >> state;
        for (int i = 0; i < 5; ++i)
            fields >> skipped;
        fields >> inode;
        constexpr const char* listening = "0A";
        const auto colon = local.rfind(':');
        if (!fields || state != listening || colon == std::string::npos) continue;
        if (std::stoul(local.substr(colon + 1), nullptr, 16) == port) inodes.insert("socket:[" + inode + "]");
    }
}

bool holds_one_of(const fs::path& process, const std::set<std::string>& inodes) {
    std::error_code error;
    for (fs::directory_iterator it(process / "fd", error), end; !error && it != end; it.increment(error)) {
        std::error_code unreadable;
        if (inodes.contains(fs::read_symlink(it->path(), unreadable).string())) return true;
    }
    return false;
}

}  // namespace

std::string port_owner(std::uint16_t port) {
    std::set<std::string> inodes;
    collect_inodes("/proc/net/tcp", port, inodes);
    collect_inodes("/proc/net/tcp6", port, inodes);
    if (inodes.empty()) return {};
    std::error_code error;
    for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
        const std::string pid = it->path().filename();
        if (pid.find_first_not_of("0123456789") != std::string::npos || !holds_one_of(it->path(), inodes)) continue;
        std::string command;
        std::ifstream comm(it->path() / "comm");
        std::getline(comm, command);
        return command + " (pid " + pid + ")";
    }
    return {};
}

}  // namespace gatehouse::net
