// A credential: private key and chain, parsed and ordered, with the bytes they came from. Immutable once made, shared
// by pointer; any thread may read it.
#pragma once

#include "base/files.hpp"
#include "certstore/chain.hpp"
#include "certstore/openssl.hpp"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::certstore {

/// Where a pair lies.
struct PairPaths {
    std::filesystem::path certificate;
    std::filesystem::path key;
    friend bool operator==(const PairPaths&, const PairPaths&) = default;
};

/// A pair as it lies on disk, the key as encrypted as it came.
struct PairFiles {
    PairPaths paths;
    base::FileContents certificate;
    base::FileContents key;
    [[nodiscard]] bool same_bytes(const PairFiles& other) const;
};

/// Reads both files, bounded, until two reads in a row agree. Errors: unavailable/key_unreadable (the key file cannot
/// be read; owner, mode and the command that mends it), input/unparsable (certificate file missing or unreadable, or
/// files that do not stop changing).
[[nodiscard]] base::Result<PairFiles> read_pair(const base::FileSystem& files, const PairPaths& paths);

class Credential {
public:
    /// Parses and orders. `passphrases` are tried in turn on an encrypted key. Errors: those of parse_certificates,
    /// parse_key and order_chain.
    [[nodiscard]] static base::Result<std::shared_ptr<const Credential>> load(
        PairFiles files, std::span<const base::Secret* const> passphrases);

    [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
    [[nodiscard]] X509* leaf() const { return chain_.certificates.front().get(); }
    [[nodiscard]] std::span<const CertificatePtr> chain() const { return chain_.certificates; }
    [[nodiscard]] bool reordered() const { return chain_.reordered; }
    [[nodiscard]] const PairFiles& files() const { return files_; }
    /// SHA-256 of the leaf's DER.
    [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
    /// SHA-256 of the leaf's SubjectPublicKeyInfo: what the vault files passphrases under.
    [[nodiscard]] const std::string& spki_sha256() const { return spki_sha256_; }
    /// Index of the passphrase that opened the key; -1: the key is not encrypted.
    [[nodiscard]] int opened_by() const { return opened_by_; }

private:
    Credential(PairFiles files, KeyPtr key, int opened_by, Chain chain, std::string fingerprint,
               std::string spki_sha256);

    PairFiles files_;
    KeyPtr key_;
    int opened_by_;
    Chain chain_;
    std::string fingerprint_;
    std::string spki_sha256_;
};
using CredentialPtr = std::shared_ptr<const Credential>;

/// SPKI SHA-256 of every certificate that parses in `text`; for finding the passphrase of a key still locked.
[[nodiscard]] std::vector<std::string> public_key_digests(std::string_view text);

/// Fingerprint of the first certificate in `text`, or empty: what a refusal is about.
[[nodiscard]] std::string first_fingerprint(std::string_view text);

/// What a person wants to know of a certificate.
struct CertificateFacts {
    std::string subject;  ///< RFC 2253-like, readable
    std::string issuer;
    std::string serial;              ///< hex
    std::vector<std::string> names;  ///< SAN: DNS names and IP addresses; the CN where there is no SAN
    std::int64_t not_before = 0;     ///< Unix seconds
    std::int64_t not_after = 0;
    std::string key_type;  ///< e.g. "ECDSA P-256", "RSA 2048"
    std::string fingerprint_sha256;
    std::string public_key_sha256;
    bool self_signed = false;
};
[[nodiscard]] CertificateFacts describe(X509* certificate);

}  // namespace gatehouse::certstore
