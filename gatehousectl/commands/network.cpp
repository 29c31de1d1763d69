#include "gatehousectl/commands/network.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/tables.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace gatehouse::gatehousectl::commands {

std::string network_text(const nlohmann::json& network, std::size_t width) {
    const std::vector<std::string> fixed = texts_in(network, "fixed");
    const auto mark = [&fixed](const std::string& setting) {
        return std::find(fixed.begin(), fixed.end(), setting) == fixed.end() ? "" : " (configuration file)";
    };
    Table table({{"NETWORK"}, {"RESOLVERS", Align::left, true}, {"GOES OUT BY"}});
    for (const std::string name : {"clean", "dirty"}) {
        const std::string servers = joined(texts_in(part_of(network, "dns"), name.c_str()), ", ");
        const std::string source = text_in(part_of(network, "source"), name.c_str());
        table.add({name, (servers.empty() ? "the system's" : servers) + mark("dns." + name),
                   (source.empty() ? "as the system chooses" : source) + mark("source." + name)});
    }
    return table.text(width);
}

Outcome<Exit> show_network(const Console& console) {
    const auto answer = console.get(target({"network"}));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << network_text(**answer, console.width());
    }
    return Exit::fine;
}

Outcome<Exit> look_up(const Console& console, const LookupOptions& options) {
    const auto answer =
        console.send("POST", target({"network", "lookup"}), {{"name", options.name}, {"network", options.network}});
    if (!answer) return tl::unexpected(answer.error());
    const bool found = text_in(**answer, "result") == "found";
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        for (const std::string& address : texts_in(**answer, "addresses"))
            console.out() << base::printable(address) << '\n';
        console.err() << base::printable(text_in(**answer, "message")) << " (" << text_in(**answer, "network")
                      << " network, " << text_in(**answer, "milliseconds") << " ms)\n";
    }
    return found ? Exit::fine : Exit::refused;
}

}  // namespace gatehouse::gatehousectl::commands
