// Digests by which API keys and the secrets of devices are stored and found: keyed (BLAKE2b), so that a copy of the
// database alone does not let anybody try guesses. Immutable; any thread, so that a request can be looked up in a
// snapshot without the database.
#pragma once

#include "base/secret.hpp"
#include "records/digest.hpp"

#include <string_view>

namespace gatehouse::records {

class KeyedDigests {
public:
    /// `box_key`: at least 16 bytes that only this box knows, always the same ones (records/users_key); else
    /// std::invalid_argument.
    explicit KeyedDigests(const base::Secret& box_key);

    [[nodiscard]] Digest of_api_key(std::string_view key) const;
    /// The case of the device's id does not count, nor does that of a login.
    [[nodiscard]] Digest of_device(std::string_view device_id, std::string_view secret) const;

private:
    base::Secret api_key_;
    base::Secret device_;
};

}  // namespace gatehouse::records
