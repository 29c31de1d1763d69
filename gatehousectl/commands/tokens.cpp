#include "gatehousectl/commands/tokens.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/tables.hpp"
#include "gatehousectl/times.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

std::string tokens_text(const nlohmann::json& tokens, std::size_t width) {
    Table table({{"NAME", Align::left, true}, {"ROLE"}, {"ID"}, {"OF"}, {"EXPIRES"}, {"LAST USED"}});
    for (const nlohmann::json& item : part_of(tokens, "items")) {
        const std::string expires = time_cell(item, "expires_at");
        table.add({text_in(item, "name"), text_in(item, "role"), text_in(item, "id"), cell(item, "operator"),
                   expires == "-" ? "never" : expires, time_cell(item, "last_used_at")});
    }
    return table.empty() ? "There are no tokens.\n" : table.text(width);
}

std::string token_id(const nlohmann::json& tokens, const std::string& name) {
    for (const char* member : {"id", "name"}) {
        for (const nlohmann::json& item : part_of(tokens, "items")) {
            if (text_in(item, member) == name) return text_in(item, "id");
        }
    }
    return {};
}

Outcome<Exit> list_tokens(const Console& console) {
    const auto answer = console.list({"tokens"});
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << tokens_text(**answer, console.width());
    }
    return Exit::fine;
}

Outcome<Exit> add_token(const Console& console, const TokenOptions& options) {
    nlohmann::json body{{"name", options.name}, {"role", options.role}};
    if (!options.owner.empty()) body["operator"] = options.owner;
    if (!options.expires.empty()) {
        auto expires = parse_time(options.expires, "--expires", Direction::future, std::chrono::system_clock::now());
        if (!expires) return tl::unexpected(expires.error());
        body["expires_at"] = std::move(*expires);
    }
    const auto answer = console.send("POST", target({"tokens"}), body);
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
        return Exit::fine;
    }
    // The token alone on stdout, so that a script can take it.
    console.err() << "The token " << base::printable(options.name) << " is shown this once:\n";
    console.err().flush();
    console.out() << base::printable(text_in(**answer, "token")) << '\n';
    return Exit::fine;
}

Outcome<Exit> remove_token(const Console& console, const TokenOptions& options) {
    const auto all = console.unprinted().list({"tokens"});
    if (!all) return tl::unexpected(all.error());
    const std::string id = token_id(**all, options.name);
    if (id.empty()) {
        return refused("not_found", "There is no token with the id or the name " + options.name + ".",
                       "gatehousectl token list shows them.");
    }
    const auto answer = console.send("DELETE", target({"tokens", id}));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << "The token " << base::printable(options.name) << " is worth nothing any more.\n";
    }
    return Exit::fine;
}

}  // namespace gatehouse::gatehousectl::commands
