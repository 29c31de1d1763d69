// gatehousectl network: the resolvers of both networks. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl::commands {

struct NetworkOptions {
    std::string network;
    std::optional<std::vector<std::string>> dns;  ///< none: stays as it is; "system": the system's
    std::optional<std::string> source;            ///< none: stays as it is; "system": as the system chooses
};

struct LookupOptions {
    std::string name;
    std::string network;
};

[[nodiscard]] Outcome<Exit> show_network(const Console& console);
[[nodiscard]] Outcome<Exit> set_network(const Console& console, const NetworkOptions& options);
/// Exit::refused where the name has no address.
[[nodiscard]] Outcome<Exit> look_up(const Console& console, const LookupOptions& options);

/// The answer of GET /network for people.
[[nodiscard]] std::string network_text(const nlohmann::json& network, std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
