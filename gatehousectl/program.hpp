// Runs one program for one event and waits for its end. No shell. Main's thread, one at a time.
#pragma once

#include "gatehousectl/failure.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::gatehousectl {

/// Whether there is a program of that name (looked for in PATH where it has no slash) that may be run. Misuse, saying
/// why, where not.
[[nodiscard]] Outcome<void> find_program(const std::string& name);

/// Starts `words` (the program first, looked for in PATH) with `input` as its stdin and `variables` added to the
/// environment. Fails, naming the program, where it cannot be started, ends with another code than 0 or by a signal, or
/// has not ended after `patience`; then it is killed.
[[nodiscard]] Outcome<void> run_program(const std::vector<std::string>& words, std::string_view input,
                                        const std::vector<std::pair<std::string, std::string>>& variables,
                                        std::chrono::seconds patience);

}  // namespace gatehouse::gatehousectl
