#include "gatehousectl/commands/audit.hpp"

#include "gatehousectl/answer.hpp"
#include "gatehousectl/tables.hpp"
#include "gatehousectl/times.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

// "" stays "".
Outcome<std::string> time_of(const std::string& text, std::string_view option) {
    if (text.empty()) return text;
    return parse_time(text, option, Direction::past, std::chrono::system_clock::now());
}

std::string where_from(const nlohmann::json& record) {
    const std::string address = text_in(record, "address");
    return text_in(record, "via") + (address.empty() ? "" : " " + address);
}

std::string what_to(const nlohmann::json& record) {
    const std::string object = text_in(record, "object");
    return object.empty() ? "-" : object;
}

}  // namespace

std::string audit_text(const nlohmann::json& records, std::size_t width) {
    Table table({{"AT"}, {"WHO"}, {"FROM"}, {"ACTION"}, {"OF", Align::left, true}, {"RESULT"}});
    for (const nlohmann::json& record : part_of(records, "items")) {
        const std::string code = text_in(record, "code");
        table.add({time_cell(record, "at"), cell(record, "actor"), where_from(record), text_in(record, "action"),
                   what_to(record), text_in(record, "result") + (code.empty() ? "" : " " + code)});
    }
    return table.empty() ? "No records.\n" : table.text(width);
}

Outcome<Exit> audit(const Console& console, const AuditOptions& options) {
    const auto since = time_of(options.since, "--since");
    if (!since) return tl::unexpected(since.error());
    const auto until = time_of(options.until, "--until");
    if (!until) return tl::unexpected(until.error());
    const auto answer = console.get(target({"audit"}, {{"since", *since},
                                                       {"until", *until},
                                                       {"actor", options.actor},
                                                       {"action", options.action},
                                                       {"interface", options.interface},
                                                       {"result", options.result},
                                                       {"limit", std::to_string(options.limit)}}));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
        return Exit::fine;
    }
    console.out() << audit_text(**answer, console.width());
    if (!text_in(**answer, "next").empty()) {
        console.err() << "There are older ones: raise --limit, or name an earlier --until.\n";
    }
    return Exit::fine;
}

}  // namespace gatehouse::gatehousectl::commands
