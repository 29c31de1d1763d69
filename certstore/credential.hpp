// A credential: private key and chain, parsed and ordered, with the bytes they came from. Immutable once made, shared
// by pointer; any thread may read it.
#pragma once

#include "base/files.hpp"
#include "certstore/certificate.hpp"
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

/// What sentences about a pair speak of: the files it lies in, or what somebody sent and lies nowhere yet, of which no
/// file of the box is named and what is missing has to be sent.
enum class Spoken { of_files, of_what_was_sent };

/// How sentences call the two halves of a pair: "CERTIFICATE holds ...", "The key KEY is ...".
struct PairNames {
    std::string certificate;
    std::string key;
};
[[nodiscard]] PairNames names_of(const PairPaths& paths, Spoken spoken);

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
        PairFiles files, std::span<const base::Secret* const> passphrases, Spoken spoken = Spoken::of_files);

    [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
    [[nodiscard]] X509* leaf() const { return chain_.certificates.front().get(); }
    [[nodiscard]] std::span<const CertificatePtr> chain() const { return chain_.certificates; }
    /// What each certificate of the chain says, in the same order; the leaf's first.
    [[nodiscard]] const std::vector<CertificateFacts>& facts() const { return facts_; }
    [[nodiscard]] bool reordered() const { return chain_.reordered; }
    [[nodiscard]] const PairFiles& files() const { return files_; }
    /// SHA-256 of the leaf's DER.
    [[nodiscard]] const std::string& fingerprint() const { return facts_.front().fingerprint_sha256; }
    /// SHA-256 of the leaf's SubjectPublicKeyInfo: what the vault files passphrases under.
    [[nodiscard]] const std::string& spki_sha256() const { return facts_.front().public_key_sha256; }
    /// Index of the passphrase that opened the key; -1: the key is not encrypted.
    [[nodiscard]] int opened_by() const { return opened_by_; }

private:
    Credential(PairFiles files, KeyPtr key, int opened_by, Chain chain);

    PairFiles files_;
    KeyPtr key_;
    int opened_by_;
    Chain chain_;
    std::vector<CertificateFacts> facts_;
};
using CredentialPtr = std::shared_ptr<const Credential>;

}  // namespace gatehouse::certstore
