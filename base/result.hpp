// What can fail, and how a failure is told: Result<T> and Error. Values, owned by whoever holds them; any thread.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace gatehouse::base {

/// What sort of failure it is; decides the HTTP status and the exit code, never the wording. `denied`: who asks has not
/// the right; what the system denies to the daemon is `io`.
enum class ErrorKind { input, denied, not_found, conflict, io, crypto, unavailable, internal };

/// A failure told to the person who reads it.
struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string code;     ///< stable, snake_case; scripts compare it
    std::string message;  ///< one sentence that names the file, key or field
    std::string advice;   ///< what to do about it; empty where the message says it already

    /// Message and advice as one text, for a log line or a terminal.
    [[nodiscard]] std::string text() const { return advice.empty() ? message : message + " " + advice; }

    friend bool operator==(const Error&, const Error&) = default;
};

/// A value or the Error that stands in its way. Expected failures are results; exceptions are our own broken promises.
template <class T>
using Result = tl::expected<T, Error>;

/// Builds the failing side of a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string code, std::string message,
                                                std::string advice = {}) {
    return tl::unexpected<Error>(Error{kind, std::move(code), std::move(message), std::move(advice)});
}

/// Hands an Error on unchanged.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace gatehouse::base
