// What an administrator uploads: certificates and perhaps a key, in whatever form, recognised by content and never by
// name. PEM text with key and chain in any mix, DER, PKCS#7, PKCS#12 become the PEM that a slot keeps. Pure; any thread
// but an I/O one (key derivation).
#pragma once

#include "base/secret.hpp"
#include "certstore/openssl.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::certstore {

/// One file or pasted text of an upload. A blank one counts as not given.
struct Piece {
    std::string name;        ///< what messages call it: the client's file name or the field's
    std::string_view bytes;  ///< at most max_pem_bytes
};

struct Bundle {
    /// PEM of each certificate, once. In the order they came; those of containers that keep no order leaf first.
    std::string certificates_pem;
    /// The private key as encrypted as it came; a PKCS#12's comes unencrypted. nullopt: none was uploaded.
    std::optional<base::Secret> key_pem;
    /// What opens `key_pem`; nullopt: it is not encrypted.
    std::optional<base::Secret> passphrase;
    /// SHA-256 of the key's SubjectPublicKeyInfo; empty where there is no key.
    std::string key_sha256;
};

/// Everything in the pieces. An empty `passphrase` is none; one that nothing needs is ignored. Whether key and
/// certificates fit together is not looked at (Credential::load). Errors, all of kind input: no_certificate,
/// unparsable (a piece is damaged, too large, or of a form that is not known), key_locked (the key is encrypted and the
/// passphrase is missing or wrong), passphrase_missing and passphrase_wrong (the same for a PKCS#12), key_weak,
/// several_keys.
[[nodiscard]] base::Result<Bundle> read_bundle(std::span<const Piece> pieces, const base::Secret& passphrase);

}  // namespace gatehouse::certstore
