// From the text of a file to certificates or a private key, and back to PEM. Pure; any thread.
#pragma once

#include "base/secret.hpp"
#include "certstore/openssl.hpp"
#include "certstore/private_key.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

/// Largest key or chain file that is read.
inline constexpr std::size_t max_pem_bytes = 1U << 20U;
/// Most certificates in one file; it bounds the work of putting them in order.
inline constexpr std::size_t max_certificates = 64;

/// All certificates in `text`, as they stand; blocks of other kinds are passed over. CRLF, a BOM, text before, between
/// and after blocks are fine. Errors: input/unparsable (none found, a truncated or broken block: which, by number; a
/// key where a certificate should be; DER or PKCS#12 instead of PEM is recognised and named). `file` is for the
/// message.
[[nodiscard]] base::Result<std::vector<CertificatePtr>> parse_certificates(std::string_view text,
                                                                           std::string_view file);

/// The certificate of one block (is_certificate). Errors: those of parse_certificates; `number` is the block's in the
/// file, from 1.
[[nodiscard]] base::Result<CertificatePtr> parse_certificate(const ArmorBlock& block, std::size_t number,
                                                             std::string_view file);

/// What is wrong with a block that is cut off or cannot be decoded: input/unparsable, with what OpenSSL's queue says.
[[nodiscard]] base::Error damage(const ArmorBlock& block, std::size_t number, std::string_view file);

/// Takes the certificate in DER off the front of `der`; null, and `der` unchanged: none that can be used begins there,
/// and OpenSSL's queue says why.
[[nodiscard]] CertificatePtr take_certificate(std::string_view& der);

/// The first private key in `text`: PKCS#1, SEC1, PKCS#8, encrypted traditional (DEK-Info) or PKCS#8. A trailing
/// newline in a passphrase is tried without. Errors: input/unparsable, denied/key_locked (encrypted, and no passphrase
/// given opens it: says whether none was known or those known are wrong), crypto/unparsable for a cipher that OpenSSL
/// cannot read (old PBE goes through the legacy provider).
[[nodiscard]] base::Result<ParsedKey> parse_key(std::string_view text, std::span<const base::Secret* const> passphrases,
                                                std::string_view file);

/// Whether the first private key in `text` is encrypted.
[[nodiscard]] bool key_is_encrypted(std::string_view text);

/// PEM of a certificate or of an unencrypted PKCS#8 key.
[[nodiscard]] base::Result<std::string> to_pem(X509* certificate);
[[nodiscard]] base::Result<base::Secret> to_pem(EVP_PKEY* key);

}  // namespace gatehouse::certstore
