// What upload, regenerate and rollback have in common: warnings that somebody has to accept, and how the result is
// shown. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl::commands {

/// Builds the request anew for each attempt; `confirm` are the codes accepted so far.
using ChangeRequest = std::function<Outcome<Request>(const std::vector<std::string>& confirm)>;

/// Sends the request. Where the daemon wants warnings confirmed that `confirm` does not name, the person in front is
/// asked; without one, or with --json, its refusal is the result, and says which codes --confirm has to name.
[[nodiscard]] Outcome<Answer> change(const Console& console, const ChangeRequest& request,
                                     std::vector<std::string> confirm);

/// Shows the API's Change. Exit::refused where it was a dry run of what would be refused.
[[nodiscard]] Exit show_change(const Console& console, const std::string& interface, const Answer& answer);

/// The codes of those that warn.
[[nodiscard]] std::vector<std::string> codes_to_confirm(const std::vector<Finding>& findings);

}  // namespace gatehouse::gatehousectl::commands
