#include "gatehousectl/commands/status.hpp"

#include "gatehousectl/answer.hpp"
#include "gatehousectl/commands/words_of_doors.hpp"
#include "gatehousectl/tables.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

std::string door_text(const std::string& name, const nlohmann::json& door, std::size_t width) {
    const nlohmann::json& handshakes = part_of(door, "handshakes");
    Table facts({{""}, {"", Align::left, true}});
    facts.add({"Certificate", source_text(text_in(door, "source"))});
    facts.add({"SHA-256", grouped(text_in(door, "fingerprint_sha256"))});
    facts.add({"Last reload", reload_text(part_of(door, "last_reload"))});
    facts.add({"Connections", counted(number_in(door, "connections"), "connection") + " open, " +
                                  counted(number_in(handshakes, "succeeded"), "handshake") + ", " +
                                  text_in(handshakes, "failed") + " failed"});
    constexpr std::size_t indent = 2;
    return "\n" + name + "\n" + facts.text(width, indent) + findings_text(findings_in(door, "findings"), width, indent);
}

}  // namespace

std::string status_text(const nlohmann::json& status, std::size_t width) {
    const nlohmann::json& doors = part_of(status, "interfaces");
    return "Gatehouse " + text_in(status, "version") + ", up " + duration_text(number_in(status, "uptime_seconds")) +
           ", since " + time_text(text_in(status, "started_at")) + "\n" +
           door_text("clean", part_of(doors, "clean"), width) + door_text("admin", part_of(doors, "admin"), width);
}

Outcome<Exit> status(const Console& console) {
    const auto answer = console.get(target({"status"}));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << status_text(**answer, console.width());
    }
    return Exit::fine;
}

}  // namespace gatehouse::gatehousectl::commands
