#include "gatehousectl/commands/tls.hpp"

#include "gatehousectl/answer.hpp"
#include "gatehousectl/tables.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

Outcome<Exit> show(const Console& console, const Outcome<Answer>& answer, const std::string& only) {
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
        return Exit::fine;
    }
    Table table({{""}, {"", Align::left, true}});
    for (const char* name : {"clean", "admin"}) {
        if (!only.empty() && only != name) continue;
        table.add({name, truth_in(**answer, name) ? "TLS 1.0 and 1.1 are taken: switch them off as soon as no client "
                                                    "needs them"
                                                  : "TLS 1.0 and 1.1 are refused"});
    }
    console.out() << table.text(console.width());
    return Exit::fine;
}

}  // namespace

Outcome<Exit> legacy_status(const Console& console, const LegacyOptions& options) {
    return show(console, console.get(target({"tls", "legacy"})), options.interface);
}

Outcome<Exit> legacy_enable(const Console& console, const LegacyOptions& options) {
    return show(console, console.send("PUT", target({"tls", "legacy"}), {{"interface", options.interface}}),
                options.interface);
}

Outcome<Exit> legacy_disable(const Console& console, const LegacyOptions& options) {
    return show(console, console.send("DELETE", target({"tls", "legacy"}, {{"interface", options.interface}})),
                options.interface);
}

}  // namespace gatehouse::gatehousectl::commands
