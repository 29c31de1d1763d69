#include "gatehousectl/commands/network.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
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
        const std::string servers = base::joined(texts_in(part_of(network, "dns"), name.c_str()), ", ");
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

Outcome<Exit> set_network(const Console& console, const NetworkOptions& options) {
    if (!options.dns && !options.source) {
        return misused("There is nothing to set.", "Name --dns ADDRESS or --source ADDRESS, or both.");
    }
    const auto present = console.get(target({"network"}));
    if (!present) return tl::unexpected(present.error());
    // The API takes both networks at once: what is not named stays.
    nlohmann::json wish{{"dns", part_of(**present, "dns")}};
    const auto as_system = [](const std::string& value) { return value.empty() || value == "system"; };
    if (options.dns) {
        wish["dns"][options.network] = nlohmann::json::array();
        for (const std::string& server : *options.dns) {
            if (!as_system(server)) wish["dns"][options.network].push_back(server);
        }
    }
    if (options.source) {
        wish["source"] = part_of(**present, "source");
        wish["source"][options.network] = as_system(*options.source) ? "" : *options.source;
    }
    const auto answer = console.send("PUT", target({"network"}), wish);
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
        console.err() << base::printable(text_in(**answer, "message") + " (" + text_in(**answer, "network") +
                                         " network, " + text_in(**answer, "milliseconds") + " ms)")
                      << '\n';
    }
    return found ? Exit::fine : Exit::refused;
}

}  // namespace gatehouse::gatehousectl::commands
