#include "gatehousectl/commands/status.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/commands/words_of_doors.hpp"
#include "gatehousectl/tables.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

using nlohmann::json;

// The one of GET /interfaces; nothing where it is not among them.
const json& named(const json& interfaces, const std::string& name) {
    static const json none;
    for (const json& item : part_of(interfaces, "items")) {
        if (text_in(item, "interface") == name) return item;
    }
    return none;
}

std::string door_text(const std::string& name, const json& door, const json& interface, std::size_t width) {
    const json& handshakes = part_of(door, "handshakes");
    Table facts({{""}, {"", Align::left, true}});
    if (interface.is_object()) {
        facts.add({"Padlock", padlock_text(interface)});
        facts.add({"Hostname", text_in(interface, "hostname")});
    }
    facts.add({"Certificate", source_text(text_in(door, "source"))});
    if (interface.is_object()) facts.add({"Valid", validity_text(part_of(interface, "certificate"))});
    facts.add({"SHA-256", grouped(text_in(door, "fingerprint_sha256"))});
    if (truth_in(part_of(interface, "tls"), "legacy")) {
        facts.add({"Old TLS",
                   "TLS 1.0 and 1.1 are taken. As soon as no client needs them: gatehousectl tls legacy "
                   "disable --interface " +
                       name});
    }
    facts.add({"Last reload", reload_text(part_of(door, "last_reload"), name)});
    facts.add({"Connections", counted(number_in(door, "connections"), "connection") + " open, " +
                                  counted(number_in(handshakes, "succeeded"), "handshake") + ", " +
                                  text_in(handshakes, "failed") + " failed"});
    constexpr std::size_t indent = 2;
    return "\n" + name + "\n" + facts.text(width, indent) + findings_text(findings_in(door, "findings"), width, indent);
}

bool box_is_troubled(const json& status) {
    return !findings_in(status, "troubles").empty();
}

// No client that looks is content with such a door, or what the operator placed is not what it serves.
bool a_padlock_is_red(const json& interfaces) {
    const json& doors = part_of(interfaces, "items");
    return std::any_of(doors.begin(), doors.end(), [](const json& door) { return text_in(door, "padlock") == "red"; });
}

// What is wrong with the whole box comes before its doors.
std::string troubles_text(const json& status, std::size_t width) {
    if (!box_is_troubled(status)) return {};
    Table troubles({{""}, {"", Align::left, true}});
    for (const Finding& trouble : findings_in(status, "troubles"))
        troubles.add({trouble.code, trouble.message + (trouble.advice.empty() ? "" : " ") + trouble.advice});
    constexpr std::size_t indent = 2;
    return "\nthe box as a whole\n" + troubles.text(width, indent);
}

// The answer to why somebody asks, in one line.
std::string verdict(const json& status, const json& interfaces) {
    std::vector<std::string> troubled;
    for (const std::string name : {"clean", "admin"}) {
        const json& interface = named(interfaces, name);
        const json& door = part_of(part_of(status, "interfaces"), name.c_str());
        if (text_in(interface, "padlock") != "green" || truth_in(part_of(interface, "tls"), "legacy") ||
            text_in(part_of(door, "last_reload"), "result") == "refused") {
            troubled.push_back(name);
        }
    }
    const bool box = box_is_troubled(status);
    if (troubled.empty() && !box) return "Both doors are all right.";
    std::string all = box ? "the box as a whole" : "";
    if (!troubled.empty()) all += (box ? ", the " : "the ") + base::joined(troubled, " and the ") + " door";
    return "Not all right: " + all + ". What is the matter stands below.";
}

}  // namespace

std::string status_text(const json& status, const json& interfaces, std::size_t width) {
    std::string text = "Gatehouse " + base::printable(text_in(status, "version")) + ", up " +
                       duration_text(number_in(status, "uptime_seconds")) + ", since " +
                       base::printable(time_text(text_in(status, "started_at"))) + "\n" + verdict(status, interfaces) +
                       "\n" + troubles_text(status, width);
    for (const std::string name : {"clean", "admin"})
        text += door_text(name, part_of(part_of(status, "interfaces"), name.c_str()), named(interfaces, name), width);
    return text;
}

Outcome<Exit> status(const Console& console) {
    const auto answer = console.get(target({"status"}));
    if (!answer) return tl::unexpected(answer.error());
    const auto interfaces = console.get(target({"interfaces"}));
    if (!interfaces) return tl::unexpected(interfaces.error());
    const Exit ended = box_is_troubled(**answer) || a_padlock_is_red(**interfaces) ? Exit::refused : Exit::fine;
    if (console.json()) {
        console.print_as_it_came(*answer);
        return ended;
    }
    console.out() << status_text(**answer, **interfaces, console.width());
    return ended;
}

}  // namespace gatehouse::gatehousectl::commands
