#include "gatehousectl/commands/audit.hpp"

#include "gatehousectl/answer.hpp"
#include "gatehousectl/tables.hpp"
#include "gatehousectl/times.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <vector>

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

// Enough of it to tell certificates apart, and to find it in what else names it.
std::string short_fingerprint(const nlohmann::json& record, const char* member) {
    constexpr std::size_t digits = 16;
    const std::string whole = text_in(record, member);
    return whole.empty() ? "-" : whole.substr(0, digits);
}

bool has_fingerprint(const nlohmann::json& record) {
    return !text_in(record, "before_sha256").empty() || !text_in(record, "after_sha256").empty();
}

}  // namespace

std::string audit_text(const nlohmann::json& records, std::size_t width) {
    const nlohmann::json& items = part_of(records, "items");
    const bool of_certificates = std::any_of(items.begin(), items.end(), has_fingerprint);
    std::vector<Column> columns{{"AT"}, {"WHO"}, {"FROM"}, {"ACTION"}, {"OF", Align::left, true}, {"RESULT"}};
    if (of_certificates) columns.push_back({"SHA-256 BEFORE -> AFTER"});
    Table table(columns);
    for (const nlohmann::json& record : items) {
        const std::string code = text_in(record, "code");
        std::vector<std::string> cells{
            time_cell(record, "at"), cell(record, "actor"),
            where_from(record),      text_in(record, "action"),
            what_to(record),         text_in(record, "result") + (code.empty() ? "" : " " + code)};
        if (of_certificates) {
            cells.push_back(has_fingerprint(record) ? short_fingerprint(record, "before_sha256") + " -> " +
                                                          short_fingerprint(record, "after_sha256")
                                                    : "");
        }
        table.add(std::move(cells));
    }
    return table.empty() ? "No records.\n" : table.text(width);
}

Outcome<Exit> audit(const Console& console, const AuditOptions& options) {
    const auto since = time_of(options.since, "--since");
    if (!since) return tl::unexpected(since.error());
    const auto until = time_of(options.until, "--until");
    if (!until) return tl::unexpected(until.error());
    Query query{{"since", *since},
                {"until", *until},
                {"actor", options.actor},
                {"action", options.action},
                {"interface", options.interface},
                {"result", options.result}};
    if (!options.all) query.emplace_back("limit", std::to_string(options.limit));
    const auto answer = options.all ? console.all({"audit"}, query) : console.get(target({"audit"}, query));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
        return Exit::fine;
    }
    console.out() << audit_text(**answer, console.width());
    if (!text_in(**answer, "next").empty()) {
        console.err() << "There are older ones: --all shows them too, or name an earlier --until.\n";
    }
    return Exit::fine;
}

}  // namespace gatehouse::gatehousectl::commands
