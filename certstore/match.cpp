#include "certstore/match.hpp"

#include <algorithm>

namespace gatehouse::certstore {

KeyOf match(std::span<const std::string> certificates, const KeysAtHand& keys) {
    const auto fits = [&](const std::string& key) {
        return !key.empty() && std::find(certificates.begin(), certificates.end(), key) != certificates.end();
    };
    if (fits(keys.pending_request)) return KeyOf::pending_request;
    return fits(keys.in_use) ? KeyOf::in_use : KeyOf::nobody;
}

}  // namespace gatehouse::certstore
