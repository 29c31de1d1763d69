// gatehousectl audit: who did what, from where, with what result. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

namespace gatehouse::gatehousectl::commands {

struct AuditOptions {
    std::string since;  ///< as times.hpp takes it; each may be empty
    std::string until;
    std::string actor;
    std::string action;
    std::string interface;
    std::string result;
    unsigned limit = 100;
    bool all = false;  ///< whatever the limit
};

[[nodiscard]] Outcome<Exit> audit(const Console& console, const AuditOptions& options);

/// The items of GET /audit for people.
[[nodiscard]] std::string audit_text(const nlohmann::json& records, std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
