#include "gatehousectl/commands/sessions.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/tables.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

std::string sessions_text(const nlohmann::json& sessions, std::size_t width) {
    Table table({{"ID"}, {"WHO"}, {"FROM"}, {"SINCE"}, {"LAST USED"}, {"BROWSER", Align::left, true}});
    for (const nlohmann::json& item : part_of(sessions, "items")) {
        table.add({text_in(item, "id"), text_in(item, "username"), cell(item, "address"), time_cell(item, "created_at"),
                   time_cell(item, "last_used_at"), cell(item, "user_agent")});
    }
    return table.empty() ? "Nobody is signed in.\n" : table.text(width);
}

Outcome<Exit> list_sessions(const Console& console) {
    const auto answer = console.list({"sessions"});
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << sessions_text(**answer, console.width());
    }
    return Exit::fine;
}

Outcome<Exit> end_session(const Console& console, const SessionOptions& options) {
    const auto answer = console.send("DELETE", target({"sessions", options.id}));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << "The session " << base::printable(options.id) << " has ended.\n";
    }
    return Exit::fine;
}

}  // namespace gatehouse::gatehousectl::commands
