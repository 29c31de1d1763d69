// Makes keys and self-signed certificates. Pure; slow (RSA): never on an I/O thread.
#pragma once

#include "base/secret.hpp"
#include "certstore/openssl.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::certstore {

struct SelfSignedRequest {
    /// DNS names or IP addresses; the first is also the CN where it fits 64 characters.
    std::vector<std::string> names;
    unsigned days = 3650;
    config::KeyType key_type = config::KeyType::ecdsa_p256;
    std::int64_t now = 0;  ///< Unix seconds; valid from one day before, against clocks that lag
};

struct IssuedPair {
    std::string certificate_pem;
    base::Secret key_pem;
};

/// SAN, serverAuth, CA:FALSE, digitalSignature, random serial of 127 bits. Errors: input/name_invalid, crypto.
[[nodiscard]] base::Result<IssuedPair> issue_self_signed(const SelfSignedRequest& request);

[[nodiscard]] base::Result<KeyPtr> generate_key(config::KeyType type);

}  // namespace gatehouse::certstore
