// The certificate authorities that this machine trusts: OpenSSL's folder of hashed names, looked into for one name at a
// time. (The bundle beside it is never read: parsing its 140 certificates takes longer than a handshake.) Stateless;
// any thread but an I/O one.
#pragma once

#include "certstore/openssl.hpp"

namespace gatehouse::certstore {

/// Whether an authority in the system's folder (or $SSL_CERT_DIR) issued the certificate: its name is the issuer's and
/// its key verifies the signature.
[[nodiscard]] bool issued_by_known_anchor(X509* certificate);

}  // namespace gatehouse::certstore
