// gatehousectl certificate request: a signing request whose key is made on the box and stays there. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl::commands {

struct SigningRequestOptions {
    std::string interface;
    bool show = false;     ///< the pending one
    bool discard = false;  ///< the pending one and its key
    std::string subject;
    std::vector<std::string> names;
    std::string key_type;
    std::filesystem::path output;  ///< empty: stdout
};

/// Makes one and puts its PEM out, unless another was asked for.
[[nodiscard]] Outcome<Exit> signing_request(const Console& console, const SigningRequestOptions& options);

}  // namespace gatehouse::gatehousectl::commands
