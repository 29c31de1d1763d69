// An exception that came out of something that should have returned a Result: exceptions are for promises of our own
// that were broken, and where one ends up with nobody above to catch it, it is told as an Error. Pure; any thread.
#pragma once

#include "base/result.hpp"

#include <exception>

namespace gatehouse::base {

/// internal/broken_promise, with what the exception says. `thrown` must not be null.
[[nodiscard]] Error broken_promise(const std::exception_ptr& thrown);

}  // namespace gatehouse::base
