#include "base/broken_promise.hpp"

#include <string>

namespace gatehouse::base {

Error broken_promise(const std::exception_ptr& thrown) {
    std::string what = "something that is no std::exception";
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        what = error.what();
    } catch (...) {  // NOLINT(bugprone-empty-catch): `what` says it
    }
    return {ErrorKind::internal, "broken_promise", "A part of Gatehouse failed unexpectedly: " + what + ".",
            "Report this, with the log around it."};
}

}  // namespace gatehouse::base
