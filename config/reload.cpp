#include "config/reload.hpp"

#include <utility>

namespace gatehouse::config {

std::vector<std::string> needs_restart(const Settings& running, const Settings& next) {
    std::vector<std::string> paths;
    if (running.state_directory != next.state_directory) paths.emplace_back("state_directory");
    if (running.workers != next.workers) paths.emplace_back("workers");
    if (running.console_socket != next.console_socket) paths.emplace_back("console_socket");
    for (const Interface interface : interfaces) {
        const std::string prefix = "interfaces." + std::string(name(interface));
        const InterfaceSettings& before = running.interfaces[interface];
        const InterfaceSettings& after = next.interfaces[interface];
        if (before.listen != after.listen) paths.push_back(prefix + ".listen");
        if (before.redirect != after.redirect) paths.push_back(prefix + ".redirect");
    }
    return paths;
}

Settings carry_over(const Settings& running, Settings next) {
    const auto move_home = [&](std::filesystem::path& path) {
        const auto below = path.lexically_relative(next.state_directory);
        if (!below.empty() && *below.begin() != "..") path = running.state_directory / below;
    };
    move_home(next.one_time_file);
    for (const Interface interface : interfaces) {
        InterfaceSettings& own = next.interfaces[interface];
        move_home(own.certificate);
        move_home(own.key);
        own.listen = running.interfaces[interface].listen;
        own.redirect = running.interfaces[interface].redirect;
    }
    next.state_directory = running.state_directory;
    next.workers = running.workers;
    next.console_socket = running.console_socket;
    return next;
}

}  // namespace gatehouse::config
