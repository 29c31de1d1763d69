// Puts the certificates of a file in order: the leaf (the one that matches the key), its issuers upwards. Pure; any
// thread.
#pragma once

#include "certstore/openssl.hpp"

#include <vector>

namespace gatehouse::certstore {

struct Chain {
    std::vector<CertificatePtr> certificates;  ///< leaf first, each one issued by the next; never empty
    bool reordered = false;                    ///< the file had another order, repeats, or certificates of other chains
};

/// Errors: input/key_mismatch (no certificate matches the key; names both public keys' fingerprints).
[[nodiscard]] base::Result<Chain> order_chain(std::vector<CertificatePtr> certificates, EVP_PKEY* key);

/// For containers that keep no order, where no key says which certificate is the leaf: one that issued none of the
/// others, its issuers upwards, then the rest as they came.
[[nodiscard]] std::vector<CertificatePtr> leaf_first(std::vector<CertificatePtr> certificates);

/// Whether the certificate's subject is its issuer and its own key verifies its signature.
[[nodiscard]] bool is_self_signed(X509* certificate);

}  // namespace gatehouse::certstore
