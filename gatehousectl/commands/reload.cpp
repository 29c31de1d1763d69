#include "gatehousectl/commands/reload.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/commands/words_of_doors.hpp"
#include "gatehousectl/tables.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

Exit show_reloaded(const Console& console, const Answer& answer, const std::vector<std::string>& doors) {
    const nlohmann::json& interfaces = part_of(*answer, "interfaces");
    Exit exit = Exit::fine;
    Table table({{""}, {""}, {"", Align::left, true}});
    for (const std::string& name : doors) {
        const nlohmann::json& door = part_of(interfaces, name.c_str());
        const std::string result = text_in(door, "result");
        const std::string code = text_in(door, "code");
        if (result == "refused") exit = Exit::refused;
        table.add({name, result, (code.empty() ? "" : code + ": ") + text_in(door, "message")});
    }
    // What else is wrong with the box is not of this reload: gatehousectl status tells it.
    for (const Finding& trouble : findings_in(*answer, "troubles")) {
        if (trouble.code != "files_refused") continue;
        exit = Exit::refused;
        table.add({"files", "refused", trouble.message + (trouble.advice.empty() ? "" : " ") + trouble.advice});
    }
    if (console.json()) {
        console.print_as_it_came(answer);
        return exit;
    }
    console.out() << table.text(console.width());
    for (const std::string& option : texts_in(*answer, "needs_restart"))
        console.out() << "Only a restart applies the new " << base::printable(option) << ".\n";
    return exit;
}

Outcome<Exit> reload(const Console& console) {
    const auto answer = console.send("POST", target({"reload"}));
    if (!answer) return tl::unexpected(answer.error());
    return show_reloaded(console, *answer);
}

}  // namespace gatehouse::gatehousectl::commands
