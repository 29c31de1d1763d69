// `gatehoused --check`: everything that is wrong with the configuration and the certificates, touching nothing. Main's
// thread; no event loop, no socket, no write.
#pragma once

#include "config/settings.hpp"

#include <filesystem>
#include <iosfwd>

namespace gatehouse::server {

enum class CheckResult { fine, refused, configuration_invalid };

/// Writes its report to `out`. `refused`: some door's pair would not be served.
[[nodiscard]] CheckResult check(const std::filesystem::path& configuration, std::ostream& out);

}  // namespace gatehouse::server
