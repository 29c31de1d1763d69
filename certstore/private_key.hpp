// From the bytes of one PEM block to a private key: PKCS#1, SEC1, PKCS#8, and both ways of encrypting them. Old ciphers
// (DES, RC2, PBES1 and PKCS#12 schemes) are read through OpenSSL's legacy provider in a library context that lives for
// one call, so that the process's own context never learns them. Never asks on a terminal. Pure; any thread, slow by
// design (key derivation).
#pragma once

#include "base/secret.hpp"
#include "certstore/armor.hpp"
#include "certstore/openssl.hpp"

#include <span>
#include <string_view>

namespace gatehouse::certstore {

struct ParsedKey {
    KeyPtr key;
    /// Index into the passphrases given of the one that opened it; -1: it was not encrypted.
    int opened_by = -1;
};

/// Whether the block says that a passphrase is needed.
[[nodiscard]] bool is_encrypted(const ArmorBlock& block);

/// Decodes a private key block (is_private_key) that is complete. Errors: those of parse_key.
[[nodiscard]] base::Result<ParsedKey> decode_key(const ArmorBlock& block,
                                                 std::span<const base::Secret* const> passphrases,
                                                 std::string_view file);

}  // namespace gatehouse::certstore
