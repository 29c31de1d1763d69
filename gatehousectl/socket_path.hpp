// Which console socket to talk to: the one named, or the configuration's. A configuration with a mistake elsewhere
// still says where the socket is: the console is needed most when the configuration is broken. Main's thread.
#pragma once

#include "base/files.hpp"
#include "gatehousectl/connection.hpp"
#include "gatehousectl/failure.hpp"

#include <filesystem>
#include <iosfwd>

namespace gatehouse::gatehousectl {

/// `socket`: what --socket named; `configuration`: what --config named. Both may be empty; then it is
/// `default_configuration`'s, else the default socket. A file that was named and cannot be read as JSON is misuse; of
/// the default one that cannot be understood `err` is told.
[[nodiscard]] Outcome<ConsoleSocket> find_socket(
    const base::FileSystem& files, const std::filesystem::path& socket, const std::filesystem::path& configuration,
    std::ostream& err, const std::filesystem::path& default_configuration = "/etc/gatehouse/gatehouse.json");

}  // namespace gatehouse::gatehousectl
