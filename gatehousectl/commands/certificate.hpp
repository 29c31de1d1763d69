// gatehousectl certificate: what a door serves, and the operations that need no file: show, regenerate, rollback,
// download. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl::commands {

struct CertificateOptions {
    std::string interface;  ///< only `show` takes none: both
    std::vector<std::string> confirm;
};

struct RegenerateOptions : CertificateOptions {
    std::vector<std::string> names;
    unsigned days = 0;  ///< 0: as configured
    std::string key_type;
};

struct DownloadOptions {
    std::string interface;
    std::string format = "pem";
    std::filesystem::path output;  ///< empty: stdout
};

[[nodiscard]] Outcome<Exit> show_certificate(const Console& console, const CertificateOptions& options);
[[nodiscard]] Outcome<Exit> regenerate(const Console& console, const RegenerateOptions& options);
[[nodiscard]] Outcome<Exit> roll_back(const Console& console, const CertificateOptions& options);
[[nodiscard]] Outcome<Exit> download(const Console& console, const DownloadOptions& options);

/// The answer of GET /interfaces/{interface}/certificate for people.
[[nodiscard]] std::string certificate_text(const nlohmann::json& served, std::size_t width);

}  // namespace gatehouse::gatehousectl::commands
