// The certificate authorities that this machine trusts: OpenSSL's folder of hashed names, looked into for one name at a
// time. (The bundle beside it is never read: parsing its 140 certificates takes longer than a handshake.) Stateless;
// any thread but an I/O one.
#pragma once

#include "certstore/certificate.hpp"
#include "certstore/openssl.hpp"

#include <cstddef>
#include <optional>

namespace gatehouse::certstore {

/// Lets the store find the system's authorities when a chain needs one: a small file is read then, once for each.
/// False: OpenSSL's queue says why.
[[nodiscard]] bool look_up_known_anchors(X509_STORE* store);

/// How many authorities there are in the system's folder (or $SSL_CERT_DIR). Reads names only.
[[nodiscard]] std::size_t count_known_anchors();

/// Whether an authority in the system's folder (or $SSL_CERT_DIR) issued the certificate: its name is the issuer's and
/// its key verifies the signature.
[[nodiscard]] bool issued_by_known_anchor(X509* certificate);

/// What that authority's certificate says; nullopt: there is none.
[[nodiscard]] std::optional<CertificateFacts> known_anchor_of(X509* certificate);

}  // namespace gatehouse::certstore
