// gatehousectl network: the resolvers of both networks. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

namespace gatehouse::gatehousectl::commands {

struct LookupOptions {
    std::string name;
    std::string network;
};

[[nodiscard]] Outcome<Exit> show_network(const Console& console);
/// Exit::refused where the name has no address.
[[nodiscard]] Outcome<Exit> look_up(const Console& console, const LookupOptions& options);

/// The answer of GET /network for people.
[[nodiscard]] std::string network_text(const nlohmann::json& network, std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
