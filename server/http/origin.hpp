// Whether a request was made by a page of the very door that it came to. A cookie travels with requests that pages of
// other sites make, so it alone does not prove who asks; cookies know no ports either, so that the other door, and any
// other service of the same host, is a stranger here. Pure; any thread.
#pragma once

#include "server/http/flaw.hpp"
#include "server/http/request.hpp"

namespace gatehouse::http {

/// What a request says about where it was made.
enum class Provenance {
    same_origin,
    foreign,
    untold,  ///< neither Origin nor Sec-Fetch-Site: no browser of today, or a request that changes nothing
};

/// `Origin` is this door's when it is https:// and the host and port by which the client addressed it (request.host);
/// `null`, a malformed one and several are foreign. `Sec-Fetch-Site` must be same-origin: same-site is another port or
/// a neighbouring host, and `none` is no page of ours. Where both are sent, both must agree.
[[nodiscard]] Provenance provenance(const Request& request);

/// All but GET, HEAD and OPTIONS.
[[nodiscard]] bool changes_state(Method method);

/// For a request whose identity came from a cookie: one that changes something is refused unless it was made by a page
/// of this door. 403 foreign_origin, 403 origin_missing.
[[nodiscard]] Judged<void> judge_origin(const Request& request);

}  // namespace gatehouse::http
