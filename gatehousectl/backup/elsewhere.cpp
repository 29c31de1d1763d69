#include "gatehousectl/backup/elsewhere.hpp"

#include "base/files.hpp"
#include "config/load.hpp"
#include "gatehousectl/backup/names.hpp"

#include <utility>
#include <vector>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

// What root and the daemon make, give away, serve or listen at.
std::vector<std::pair<std::string, fs::path>> paths_of(const config::Settings& settings) {
    std::vector<std::pair<std::string, fs::path>> paths{{"state_directory", settings.state_directory},
                                                        {"one_time_file", settings.one_time_file},
                                                        {"console_socket", settings.console_socket}};
    for (const config::Interface interface : config::interfaces) {
        const config::InterfaceSettings& door = settings.interfaces[interface];
        const std::string name = "interfaces." + std::string(config::name(interface));
        paths.emplace_back(name + ".certificate", door.certificate);
        paths.emplace_back(name + ".key", door.key);
        paths.emplace_back(name + ".files", door.files);
    }
    return paths;
}

std::string told(const fs::path& path) {
    return path.empty() ? "none" : path.string();
}

}  // namespace

config::Settings settings_here(const fs::path& configuration) {
    auto reading = config::read_file(base::SystemFiles(), configuration);
    if (!reading.settings) reading = config::read_text("{}", configuration);
    return std::move(reading.settings).value();
}

Result<void> leads_where(const config::Settings& here, const config::Settings& coming, const std::string& from) {
    const auto paths_here = paths_of(here);
    const auto paths_coming = paths_of(coming);
    std::string others;
    for (std::size_t i = 0; i < paths_here.size(); ++i) {
        const auto& [name, path] = paths_coming[i];
        const fs::path& present = paths_here[i].second;
        // Where all of STATE is another it is enough to name that.
        const auto place = below(coming.state_directory, path);
        if (path == present || (place && place == below(here.state_directory, present))) continue;
        others += "\n" + name + ": " + told(path) + ", here: " + told(present);
    }
    if (others.empty()) return {};
    return base::fail(ErrorKind::input, "leads_elsewhere",
                      "The configuration in " + from + " has other paths than this machine:" + others,
                      "Restore only a backup that you made. Where these paths are as you want them: --elsewhere. Else "
                      "write a configuration of your own, and restore without --configuration.");
}

}  // namespace gatehouse::gatehousectl::backup
