// gatehousectl certificate upload: a certificate, with or without its key, to a door. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl::commands {

struct UploadOptions {
    std::string interface;
    std::vector<std::filesystem::path> certificates;  ///< PEM, DER or PKCS#7; PEM may hold the key too
    std::filesystem::path key;                        ///< the others may be empty
    std::filesystem::path pkcs12;
    std::filesystem::path passphrase_file;
    std::vector<std::string> confirm;
    bool dry_run = false;
};

/// Where the key turns out to be encrypted and no passphrase was given, the person in front is asked for it, or a line
/// of stdin is taken.
[[nodiscard]] Outcome<Exit> upload(const Console& console, const UploadOptions& options);

}  // namespace gatehouse::gatehousectl::commands
