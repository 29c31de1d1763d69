// PKCS#12 containers (.p12, .pfx; RFC 7292): what is in them, opened with their passphrase. Modern ones (PBES2) and old
// ones (RC2-40, 3DES) alike, the latter through OpenSSL's legacy provider in a library context of their own
// (certstore/encryption). Pure; any thread, slow by design (key derivation).
#pragma once

#include "base/secret.hpp"
#include "certstore/openssl.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

struct ContainerContents {
    std::vector<CertificatePtr> certificates;  ///< in the order of the container, which means nothing
    std::optional<base::Secret> key;           ///< PKCS#8 in DER, not encrypted
};

/// Whether the bytes have the form of a container.
[[nodiscard]] bool is_pkcs12(std::string_view der);

/// Everything in it. An empty `passphrase` is none; both ways of having none are tried. `file` is for the message.
/// Errors, all of kind input: passphrase_missing, passphrase_wrong, several_keys, unparsable (damaged, an encryption
/// that OpenSSL cannot read or reads only with the legacy provider that this machine lacks, more work than a passphrase
/// may cost).
[[nodiscard]] base::Result<ContainerContents> open_pkcs12(std::string_view der, const base::Secret& passphrase,
                                                          std::string_view file);

}  // namespace gatehouse::certstore
