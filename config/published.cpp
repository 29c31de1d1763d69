#include "config/published.hpp"

#include "config/reader.hpp"

#include <algorithm>
#include <filesystem>

namespace gatehouse::config {

namespace {

namespace fs = std::filesystem;

bool lies_in(const fs::path& path, const fs::path& folder) {
    const fs::path below = path.lexically_normal().lexically_relative(folder.lexically_normal());
    return !below.empty() && *below.begin() != "..";
}

}  // namespace

std::vector<Published> published_secrets(const Settings& settings) {
    const fs::path& state = settings.state_directory;
    std::vector<fs::path> secrets{state, settings.one_time_file};
    for (const Interface interface : interfaces) {
        secrets.push_back(settings.interfaces[interface].certificate);
        secrets.push_back(settings.interfaces[interface].key);
    }
    std::vector<Published> published;
    for (const Interface interface : interfaces) {
        const fs::path& files = settings.interfaces[interface].files;
        if (files.empty()) continue;
        const auto shown = lies_in(files, state)
                               ? secrets.begin()
                               : std::ranges::find_if(secrets, [&](const auto& path) { return lies_in(path, files); });
        if (shown == secrets.end()) continue;
        published.push_back({interface, "would serve " + in_quotes(shown->string()) +
                                            " to everyone; name a folder that holds only what is to be seen."});
    }
    return published;
}

}  // namespace gatehouse::config
