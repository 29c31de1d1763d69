// gatehousectl sessions: who is signed in at the admin door. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <string>

namespace gatehouse::gatehousectl::commands {

struct SessionOptions {
    std::string id;
};

[[nodiscard]] Outcome<Exit> list_sessions(const Console& console);
[[nodiscard]] Outcome<Exit> end_session(const Console& console, const SessionOptions& options);

/// The items of GET /sessions for people.
[[nodiscard]] std::string sessions_text(const nlohmann::json& sessions, std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
