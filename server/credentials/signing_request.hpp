// A door's signing request: kept on disk with its key until its certificate comes, or discarded. What is served stays
// as it is. For the credentials thread. Blocking.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "certstore/slot.hpp"

#include <string>
#include <variant>

namespace gatehouse::credentials {

struct KeepRequest {
    std::string request_pem;
    base::Secret key_pem;
};

struct DiscardRequest {};

using RequestChange = std::variant<KeepRequest, DiscardRequest>;

/// Errors: conflict/request_pending (one is kept already), not_found/no_request, and the slot's: also where there is a
/// request that can't be read, which is discarded but never replaced.
[[nodiscard]] base::Result<void> settle_request(certstore::Slot& slot, const RequestChange& wish);

}  // namespace gatehouse::credentials
