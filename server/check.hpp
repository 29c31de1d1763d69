// `gatehoused --check`: everything that is wrong with the configuration and the certificates, touching nothing. Main's
// thread; no event loop, no socket, no write.
#pragma once

#include "config/settings.hpp"

#include <filesystem>
#include <iosfwd>

namespace gatehouse::server {

/// Writes its report to `out`. False: the configuration is refused, or some door's pair would not be served.
[[nodiscard]] bool check(const std::filesystem::path& configuration, std::ostream& out);

}  // namespace gatehouse::server
