// gatehousectl tls legacy: whether TLS 1.0 and 1.1 are taken. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

namespace gatehouse::gatehousectl::commands {

struct LegacyOptions {
    std::string interface;  ///< for the status empty: both
};

[[nodiscard]] Outcome<Exit> legacy_status(const Console& console, const LegacyOptions& options);
[[nodiscard]] Outcome<Exit> legacy_enable(const Console& console, const LegacyOptions& options);
[[nodiscard]] Outcome<Exit> legacy_disable(const Console& console, const LegacyOptions& options);

}  // namespace gatehouse::gatehousectl::commands
