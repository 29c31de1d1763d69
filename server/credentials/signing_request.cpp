#include "server/credentials/signing_request.hpp"

namespace gatehouse::credentials {

base::Result<void> settle_request(certstore::Slot& slot, const RequestChange& wish) {
    const auto pending = slot.pending_request();
    const auto* keep = std::get_if<KeepRequest>(&wish);
    if (keep == nullptr) {
        // One that can't be read can still be discarded.
        if (!pending || *pending) return slot.remove_request();
        return base::fail(base::ErrorKind::not_found, "no_request", "No signing request is pending.");
    }
    if (!pending) return base::fail(pending.error());  // its certificate may still come: its key is not written over
    if (*pending) {
        return base::fail(base::ErrorKind::conflict, "request_pending", "A signing request is pending already.",
                          "Upload its certificate, or discard it first.");
    }
    return slot.keep_request(keep->request_pem, keep->key_pem.reveal());
}

}  // namespace gatehouse::credentials
