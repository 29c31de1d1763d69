// What a command works with that needs no daemon: the person in front, where results go, and which configuration says
// what belongs to this box. Owned by main; its thread.
#pragma once

#include "gatehousectl/failure.hpp"
#include "gatehousectl/terminal.hpp"

#include <filesystem>
#include <iosfwd>

namespace gatehouse::gatehousectl {

struct Desk {
    const Terminal& terminal;
    std::ostream& out;
    std::ostream& err;  ///< for what is said beside the result
    bool json = false;
    std::filesystem::path configuration;  ///< as named, or the default
};

}  // namespace gatehouse::gatehousectl
