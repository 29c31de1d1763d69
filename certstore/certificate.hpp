// What one certificate says, for people and for the vault, without a key beside it. Pure; any thread.
#pragma once

#include "certstore/openssl.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

/// SPKI SHA-256 of every certificate that parses in `text`; for finding the passphrase of a key still locked.
[[nodiscard]] std::vector<std::string> public_key_digests(std::string_view text);

/// Fingerprint of the first certificate in `text`, or empty: what a refusal is about.
[[nodiscard]] std::string first_fingerprint(std::string_view text);

/// What people call the kind of a key, e.g. "ECDSA P-256", "RSA 2048"; "unknown" for null.
[[nodiscard]] std::string key_type_of(EVP_PKEY* key);

/// Apple's clients refuse certificates that are valid for longer.
inline constexpr std::int64_t longest_days_of_apple = 825;

/// What a person wants to know of a certificate.
struct CertificateFacts {
    std::string subject;  ///< RFC 2253-like, readable
    std::string issuer;
    std::string serial;              ///< hex
    std::vector<std::string> names;  ///< SAN: DNS names and IP addresses; the CN where there is no SAN
    std::int64_t not_before = 0;     ///< Unix seconds
    std::int64_t not_after = 0;
    std::string key_type;  ///< e.g. "ECDSA P-256", "RSA 2048"
    int key_bits = 0;
    std::string fingerprint_sha256;
    std::string public_key_sha256;
    bool self_signed = false;
    bool ca = false;  ///< says of itself that it may issue others
};
[[nodiscard]] CertificateFacts describe(X509* certificate);

/// "2026-01-31 12:00 UTC", for people.
[[nodiscard]] std::string utc_text(std::int64_t seconds);

}  // namespace gatehouse::certstore
