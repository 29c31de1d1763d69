// gatehousectl operator: the accounts of the admin door. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <filesystem>

namespace gatehouse::gatehousectl::commands {

struct OperatorOptions {
    std::string username;
    std::string role;
    std::string name;
    std::string email;
    std::filesystem::path password_file;  ///< empty: asked for, or read from stdin
    bool remove_totp = false;
};

[[nodiscard]] Outcome<Exit> list_operators(const Console& console);
[[nodiscard]] Outcome<Exit> add_operator(const Console& console, const OperatorOptions& options);
[[nodiscard]] Outcome<Exit> remove_operator(const Console& console, const OperatorOptions& options);
[[nodiscard]] Outcome<Exit> set_password(const Console& console, const OperatorOptions& options);

/// The items of GET /operators for people.
[[nodiscard]] std::string operators_text(const nlohmann::json& operators, std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
