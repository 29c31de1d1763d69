#include "gatehousectl/commands/passphrase.hpp"

#include "gatehousectl/commands/reload.hpp"
#include "gatehousectl/input.hpp"
#include "gatehousectl/secret_json.hpp"

#include <nlohmann/json.hpp>

namespace gatehouse::gatehousectl::commands {

Outcome<Exit> set_passphrase(const Console& console, const PassphraseOptions& options) {
    const std::string question = "Passphrase of the " + options.interface + " door's key";
    const auto passphrase = obtain(console.terminal(), {"passphrase", question, options.file});
    if (!passphrase) return tl::unexpected(passphrase.error());
    auto body = secret_json({{"interface", options.interface}}, "passphrase", *passphrase);
    if (!body) return tl::unexpected(body.error());
    Request request;
    request.method = "PUT";
    request.target = target({"passphrase"});
    request.content_type = "application/json";
    request.body = std::move(*body);
    const auto answer = console.call(request);
    if (!answer) return tl::unexpected(answer.error());
    return show_reloaded(console, *answer, {options.interface});
}

}  // namespace gatehouse::gatehousectl::commands
