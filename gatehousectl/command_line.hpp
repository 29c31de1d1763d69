// The command line: which command, with which options. This and gatehousectl/syntax are all that knows CLI11. Main's
// thread.
#pragma once

#include "gatehousectl/console.hpp"
#include "gatehousectl/desk.hpp"
#include "gatehousectl/failure.hpp"

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl {

/// What was asked for.
struct Invocation {
    std::filesystem::path socket;         ///< empty: not named
    std::filesystem::path configuration;  ///< empty: not named
    bool json = false;
    std::function<Outcome<Exit>(const Console&)> run;
    std::function<Outcome<Exit>(const Desk&)> run_alone;  ///< set instead where no daemon is needed
};

/// The invocation; or, where that is all (help, version, a wrong command line), the exit code after what there is to
/// say was said on `out` or `err`. `arguments`: without the program's name.
[[nodiscard]] tl::expected<Invocation, Exit> read_command_line(std::vector<std::string> arguments, std::ostream& out,
                                                               std::ostream& err);

}  // namespace gatehouse::gatehousectl
