#include "gatehousectl/socket_path.hpp"

#include "base/printable.hpp"
#include "config/json_text.hpp"
#include "config/settings.hpp"

#include <ostream>

namespace gatehouse::gatehousectl {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = 1024UL * 1024;

ConsoleSocket default_socket() {
    return {config::Settings().console_socket, "the default"};
}

// The file's console_socket, or the default where it names none.
base::Result<ConsoleSocket> configured(const base::FileSystem& files, const fs::path& file) {
    const auto contents = files.read(file, largest_file);
    if (!contents) return base::fail(contents.error());
    const auto document = config::parse_json(contents->bytes.reveal());
    if (!document) {
        return base::fail(base::ErrorKind::input, "configuration_invalid",
                          file.string() + ": " + document.error().where + " " + document.error().what + ".");
    }
    if (!document->is_object() || !document->contains("console_socket")) return default_socket();
    const auto& path = (*document)["console_socket"];
    if (!path.is_string() || !path.get_ref<const std::string&>().starts_with('/')) {
        return base::fail(base::ErrorKind::input, "configuration_invalid",
                          file.string() + ": console_socket must be an absolute path.");
    }
    return ConsoleSocket{path.get<std::string>(), file.string()};
}

}  // namespace

Outcome<ConsoleSocket> find_socket(const base::FileSystem& files, const fs::path& socket, const fs::path& configuration,
                                   std::ostream& err, const fs::path& default_configuration) {
    if (!socket.empty()) return ConsoleSocket{socket, "--socket"};
    const bool named = !configuration.empty();
    auto found = configured(files, named ? configuration : default_configuration);
    if (found) return *found;
    if (named) {
        const std::string& advice = found.error().advice;
        return misused(found.error().message,
                       "Mend it, or name the socket with --socket PATH." + (advice.empty() ? "" : " " + advice));
    }
    // A user without rights on the file learns from the socket that it takes root.
    if (found.error().code == "configuration_invalid") {
        err << "gatehousectl: " << base::printable(found.error().message) << " The default socket is tried.\n";
    }
    return default_socket();
}

}  // namespace gatehouse::gatehousectl
