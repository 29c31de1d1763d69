// How a command ends where it does not end well: what to say, and the exit code that scripts judge by. Values; main's
// thread.
#pragma once

#include "base/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gatehouse::gatehousectl {

/// The contract of exit codes (API.md).
enum class Exit { fine = 0, refused = 1, usage = 2, unreachable = 3 };

/// One thing that the daemon has to say about a certificate.
struct Finding {
    std::string code;
    std::string severity;  ///< refuse, warn or note
    std::string message;
    std::string advice;  ///< may be empty
    friend bool operator==(const Finding&, const Finding&) = default;
};

struct Failure {
    Exit exit = Exit::refused;
    base::Error error;
    std::vector<Finding> findings;  ///< where a certificate was judged
    std::string body;               ///< the daemon's answer as it came; empty where it was not the daemon who refused
};

/// A value, or how the command ends without it.
template <class T>
using Outcome = tl::expected<T, Failure>;

/// Something that this tool or the machine cannot do: exit code 1.
[[nodiscard]] inline tl::unexpected<Failure> refused(base::Error error) {
    return tl::unexpected(Failure{Exit::refused, std::move(error), {}, {}});
}

[[nodiscard]] inline tl::unexpected<Failure> refused(std::string code, std::string message, std::string advice = {}) {
    return refused(base::Error{base::ErrorKind::input, std::move(code), std::move(message), std::move(advice)});
}

/// The command line asks for what makes no sense: exit code 2.
[[nodiscard]] inline tl::unexpected<Failure> misused(std::string message, std::string advice = {}) {
    return tl::unexpected(
        Failure{Exit::usage, {base::ErrorKind::input, "usage", std::move(message), std::move(advice)}, {}, {}});
}

/// The daemon cannot be talked to: exit code 3.
[[nodiscard]] inline tl::unexpected<Failure> unreachable(std::string code, std::string message, std::string advice) {
    return tl::unexpected(
        Failure{Exit::unreachable,
                {base::ErrorKind::unavailable, std::move(code), std::move(message), std::move(advice)},
                {},
                {}});
}

}  // namespace gatehouse::gatehousectl
