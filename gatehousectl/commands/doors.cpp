#include "gatehousectl/commands/doors.hpp"

#include "gatehousectl/answer.hpp"
#include "gatehousectl/commands/words_of_doors.hpp"
#include "gatehousectl/tables.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

using nlohmann::json;
using Text = std::string (*)(const json&, const std::string&, std::size_t);

bool is_wanted(const json& interface, const std::string& only) {
    return only.empty() || text_in(interface, "interface") == only;
}

std::string origin_text(const std::string& from) {
    if (from == "file") return "configuration file";
    if (from == "portal") return "set here or in the portal";
    if (from == "system") return "the system's";
    return from;
}

Outcome<Exit> show(const Console& console, const DoorOptions& options, Text text) {
    const auto answer = console.get(target({"interfaces"}));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << text(**answer, options.interface, console.width());
    }
    return Exit::fine;
}

Outcome<Exit> set(const Console& console, const DoorOptions& options, std::string_view what, const json& body,
                  Text text) {
    const auto answer = console.send("PUT", target({"interfaces", options.interface, what}), body);
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << text({{"items", json::array({**answer})}}, "", console.width());
    }
    return Exit::fine;
}

}  // namespace

std::string hostnames_text(const json& interfaces, const std::string& only, std::size_t width) {
    Table table({{"DOOR"}, {"HOSTNAME"}, {"FROM"}, {"PADLOCK", Align::left, true}});
    for (const json& interface : part_of(interfaces, "items")) {
        if (!is_wanted(interface, only)) continue;
        table.add({text_in(interface, "interface"), cell(interface, "hostname"),
                   origin_text(text_in(interface, "hostname_from")), padlock_text(interface)});
    }
    return table.text(width);
}

std::string policies_text(const json& interfaces, const std::string& only, std::size_t width) {
    Table table({{"DOOR"}, {"POLICY"}, {"FROM"}, {"TLS 1.0 AND 1.1"}});
    for (const json& interface : part_of(interfaces, "items")) {
        if (!is_wanted(interface, only)) continue;
        const json& tls = part_of(interface, "tls");
        const std::vector<std::string> fixed = texts_in(interface, "fixed");
        const bool in_file = std::find(fixed.begin(), fixed.end(), "tls.policy") != fixed.end();
        table.add({text_in(interface, "interface"), cell(tls, "policy"),
                   in_file ? "configuration file" : "set here or in the portal, else the default",
                   truth_in(tls, "legacy") ? "taken" : "refused"});
    }
    return table.text(width);
}

Outcome<Exit> show_hostnames(const Console& console, const DoorOptions& options) {
    return show(console, options, hostnames_text);
}

Outcome<Exit> set_hostname(const Console& console, const DoorOptions& options) {
    return set(console, options, "hostname", {{"hostname", options.value}}, hostnames_text);
}

Outcome<Exit> show_policies(const Console& console, const DoorOptions& options) {
    return show(console, options, policies_text);
}

Outcome<Exit> set_policy(const Console& console, const DoorOptions& options) {
    return set(console, options, "tls", {{"policy", options.value}}, policies_text);
}

}  // namespace gatehouse::gatehousectl::commands
