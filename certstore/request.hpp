// Signing requests (PKCS#10, RFC 2986): a new key and what a CA shall put into a certificate for it. Pure; making one
// is slow (RSA): never on an I/O thread.
#pragma once

#include "base/secret.hpp"
#include "certstore/openssl.hpp"
#include "config/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

/// Who the certificate is for, as texts in UTF-8; empty ones are left out.
struct Subject {
    std::string common_name;          ///< CN, at most 64 characters
    std::string organization;         ///< O, at most 64
    std::string organizational_unit;  ///< OU, at most 64
    std::string locality;             ///< L, at most 128
    std::string state;                ///< ST, at most 128
    std::string country;              ///< C, exactly 2 letters
};

struct RequestWish {
    Subject subject;
    /// DNS names (the first label may be "*") and IP addresses. A common name that is one of these is added to them.
    std::vector<std::string> names;
    config::KeyType key_type = config::KeyType::ecdsa_p256;
};

struct MadeRequest {
    std::string request_pem;
    base::Secret key_pem;           ///< PKCS#8, not encrypted
    std::string public_key_sha256;  ///< of the SubjectPublicKeyInfo
};

/// What is wrong with a name, as a predicate ("is longer than ..."); nullopt: nothing.
[[nodiscard]] std::optional<std::string> name_fault(const std::string& name);

/// Makes the key and signs the request with it; it asks for serverAuth and digitalSignature. Errors: input/name_invalid
/// (a name is neither host name nor address; there are too many; neither a name nor a common name is given),
/// input/subject_invalid (names the field: C, CN, ...), crypto/issue_failed.
[[nodiscard]] base::Result<MadeRequest> make_request(const RequestWish& wish);

/// What a request says.
struct RequestFacts {
    std::string subject;             ///< RFC 2253-like, readable
    std::vector<std::string> names;  ///< SAN: DNS names and IP addresses
    std::string key_type;            ///< e.g. "ECDSA P-256"
    std::string public_key_sha256;
};
/// Reads a request in PEM and checks its signature. Errors: input/unparsable; `file` is for the message.
[[nodiscard]] base::Result<RequestFacts> describe_request(std::string_view pem, std::string_view file);

}  // namespace gatehouse::certstore
