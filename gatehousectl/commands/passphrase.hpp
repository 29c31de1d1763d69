// gatehousectl passphrase set: gives the passphrase of a door's key. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <filesystem>

namespace gatehouse::gatehousectl::commands {

struct PassphraseOptions {
    std::string interface;
    std::filesystem::path file;  ///< empty: asked for, or read from stdin
};

[[nodiscard]] Outcome<Exit> set_passphrase(const Console& console, const PassphraseOptions& options);

}  // namespace gatehouse::gatehousectl::commands
