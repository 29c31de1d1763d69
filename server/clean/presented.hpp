// By what a client of the public API says who it is: an API key, wherever it put it, or a device's id and secret. Never
// a cookie. Plain values; any thread.
#pragma once

#include "base/secret.hpp"
#include "config/secret_json.hpp"
#include "server/clean/arguments.hpp"
#include "server/http/flaw.hpp"
#include "server/http/request.hpp"

#include <optional>
#include <string>

namespace gatehouse::clean {

struct DeviceProof {
    std::string id;
    base::Secret secret;
};

/// What was presented; both may be there, and must then be the same user's.
struct Presented {
    std::optional<base::Secret> key;
    std::optional<DeviceProof> device;

    [[nodiscard]] bool nothing() const { return !key && !device; }
};

/// Of the header alone: `Authorization: bearer KEY` and `Authorization: Device ID:SECRET`, the schemes in any case;
/// other schemes are none of ours. 401 bad_authorization: a Device without its two parts.
[[nodiscard]] http::Judged<Presented> presented_by_header(const http::Request& request);
/// Of the header, and of the parameter api_key in query or body. The same key several times is one; 401 keys_differ for
/// different ones.
[[nodiscard]] http::Judged<Presented> presented_by(const http::Request& request, const Arguments& arguments);

}  // namespace gatehouse::clean
