// gatehousectl token: what scripts identify themselves with. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

namespace gatehouse::gatehousectl::commands {

struct TokenOptions {
    std::string name;  ///< to remove one: its name or its id
    std::string role;
    std::string owner;    ///< an operator's name; empty: of the only one there is
    std::string expires;  ///< as times.hpp takes it; empty: never
};

[[nodiscard]] Outcome<Exit> list_tokens(const Console& console);
[[nodiscard]] Outcome<Exit> add_token(const Console& console, const TokenOptions& options);
[[nodiscard]] Outcome<Exit> remove_token(const Console& console, const TokenOptions& options);

/// The items of GET /tokens for people.
[[nodiscard]] std::string tokens_text(const nlohmann::json& tokens, std::size_t width);

/// The id of the token that `name` means: its id, or else its name. Empty: none.
[[nodiscard]] std::string token_id(const nlohmann::json& tokens, const std::string& name);

}  // namespace gatehouse::gatehousectl::commands
