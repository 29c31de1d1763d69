#include "gatehousectl/commands/operators.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/input.hpp"
#include "gatehousectl/secret_json.hpp"
#include "gatehousectl/tables.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

// A request whose body holds a new password, asked for twice.
Outcome<Request> with_password(const Console& console, const OperatorOptions& options, const nlohmann::json& others) {
    const std::string question = "New password of " + base::printable(options.username);
    const auto password = obtain(console.terminal(), {"password", question, options.password_file, true});
    if (!password) return tl::unexpected(password.error());
    auto body = secret_json(others, "password", *password);
    if (!body) return tl::unexpected(body.error());
    Request request;
    request.content_type = "application/json";
    request.body = std::move(*body);
    return request;
}

Exit say(const Console& console, const Answer& answer, const std::string& sentence) {
    if (console.json()) {
        console.print_as_it_came(answer);
    } else {
        console.out() << base::printable(sentence) << '\n';
    }
    return Exit::fine;
}

}  // namespace

std::string operators_text(const nlohmann::json& operators, std::size_t width) {
    Table table({{"USERNAME"}, {"ROLE"}, {"2ND FACTOR"}, {"LAST SIGN-IN"}, {"NAME", Align::left, true}, {"E-MAIL"}});
    for (const nlohmann::json& item : part_of(operators, "items")) {
        table.add({text_in(item, "username"), text_in(item, "role"), text_in(item, "totp"),
                   time_cell(item, "last_sign_in_at"), cell(item, "name"), cell(item, "email")});
    }
    return table.empty() ? "There are no operators.\n" : table.text(width);
}

Outcome<Exit> list_operators(const Console& console) {
    const auto answer = console.list({"operators"});
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << operators_text(**answer, console.width());
    }
    return Exit::fine;
}

Outcome<Exit> add_operator(const Console& console, const OperatorOptions& options) {
    auto request = with_password(
        console, options,
        {{"username", options.username}, {"role", options.role}, {"name", options.name}, {"email", options.email}});
    if (!request) return tl::unexpected(request.error());
    request->method = "POST";
    request->target = target({"operators"});
    const auto answer = console.call(*request);
    if (!answer) return tl::unexpected(answer.error());
    return say(console, *answer, "Operator " + options.username + " was added with the role " + options.role + ".");
}

Outcome<Exit> remove_operator(const Console& console, const OperatorOptions& options) {
    const auto answer = console.send("DELETE", target({"operators", options.username}));
    if (!answer) return tl::unexpected(answer.error());
    return say(console, *answer, "Operator " + options.username + " was removed.");
}

Outcome<Exit> set_password(const Console& console, const OperatorOptions& options) {
    nlohmann::json others = nlohmann::json::object();
    if (options.remove_totp) others["remove_totp"] = true;
    auto request = with_password(console, options, others);
    if (!request) return tl::unexpected(request.error());
    request->method = "PUT";
    request->target = target({"operators", options.username, "password"});
    const auto answer = console.call(*request);
    if (!answer) return tl::unexpected(answer.error());
    return say(console, *answer,
               "The password of " + options.username + " was changed; all sessions of that operator have ended.");
}

}  // namespace gatehouse::gatehousectl::commands
