// What a door's folder of files would show to everybody that is for nobody's eyes. Pure; any thread.
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"

#include <string>
#include <vector>

namespace gatehouse::config {

struct Published {
    Interface interface = Interface::clean;  ///< whose `files` it is
    std::string fault;                       ///< for behind the member's path: "would serve ... "
};

/// The doors whose `files` holds STATE, lies in it, or holds a pair of either door or the one-time file. By their names
/// alone: links are the operator's own doing.
[[nodiscard]] std::vector<Published> published_secrets(const Settings& settings);

}  // namespace gatehouse::config
