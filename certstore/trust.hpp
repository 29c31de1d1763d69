// Whom outbound calls believe: the certificates that an administrator added, one file each in STATE/authorities/, and
// the system's own authorities where they are included. Authorities is the place on disk, owned by server/credentials
// or whoever changes it and used on one thread at a time, blocking. TrustStore is a snapshot of it: immutable, for any
// thread, also one that shakes hands.
//
// STATE/authorities/ (0700): FINGERPRINT.pem (0600, SHA-256 of the certificate it holds), always written whole, and
// settings.json, {"system_roots": true or false}; without one they are included.
#pragma once

#include "base/files.hpp"
#include "certstore/certificate.hpp"
#include "certstore/openssl.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

/// Most certificates in the folder; it bounds what building a store takes.
inline constexpr std::size_t most_anchors = 512;

/// A certificate that is believed.
struct Anchor {
    CertificateFacts facts;
    bool is_authority = false;  ///< false: it is believed itself and can vouch for no other
    [[nodiscard]] bool expired_at(std::int64_t now) const { return facts.not_after < now; }
    [[nodiscard]] bool not_yet_valid_at(std::int64_t now) const { return facts.not_before > now; }
};

class TrustStore {
public:
    /// A store of these, and of the system's authorities where they are included. Errors: crypto/trust_failed.
    [[nodiscard]] static base::Result<std::shared_ptr<const TrustStore>> build(
        const std::vector<CertificatePtr>& anchors, bool system_roots, std::vector<base::Error> faults);

    /// To verify servers' certificates with; for SSL_CTX_set1_cert_store. An anchor counts whether it is an authority
    /// or not (partial chains). Hostnames are the caller's to check. OpenSSL locks it: any thread may verify.
    [[nodiscard]] X509_STORE* store() const { return store_.get(); }
    /// Whether a server that presents `chain`, its own certificate first, is believed at `now`, whatever its name.
    /// Reads the system's authorities where they are included: not on an I/O thread.
    [[nodiscard]] bool believes(std::span<const CertificatePtr> chain, std::int64_t now) const;
    [[nodiscard]] const std::vector<Anchor>& anchors() const { return anchors_; }
    [[nodiscard]] bool system_roots() const { return system_roots_; }
    /// What in the folder could not be used, one by one; the rest is believed all the same.
    [[nodiscard]] const std::vector<base::Error>& faults() const { return faults_; }

private:
    TrustStore() = default;

    StorePtr store_;
    std::vector<Anchor> anchors_;
    bool system_roots_ = false;
    std::vector<base::Error> faults_;
};
using TrustStorePtr = std::shared_ptr<const TrustStore>;

class Authorities {
public:
    Authorities(base::FileSystem& files, const std::filesystem::path& state_directory);

    /// Reads the folder; one that is not there is empty. What is broken is told by the snapshot and never fatal; where
    /// the settings can't be read the system's authorities are not believed. Errors: crypto/trust_failed, and the
    /// former snapshot stays.
    [[nodiscard]] base::Result<void> load();
    /// What `load`, or the last change, found. Null before the first `load`.
    [[nodiscard]] const TrustStorePtr& current() const { return current_; }

    struct Refused {
        std::size_t position = 0;  ///< the block's in the text, from 1
        base::Error error;
    };
    struct Added {
        std::vector<Anchor> added;
        std::vector<Refused> refused;
    };
    /// Adds every certificate in the text, each for itself: what is refused keeps no other back. Of a block: errors of
    /// parse_certificate, input/not_a_certificate, conflict/authority_known, conflict/authorities_full, io. Of the
    /// text: input/unparsable (it holds no block at all, or is too large).
    [[nodiscard]] base::Result<Added> add(std::string_view pem);

    /// Forgets one; durable when it returns. Errors: not_found/authority_unknown, io.
    [[nodiscard]] base::Result<void> remove(std::string_view fingerprint_sha256);

    /// Whether the system's authorities are believed too; durable when it returns. Errors: io.
    [[nodiscard]] base::Result<void> include_system_roots(bool included);

private:
    [[nodiscard]] base::Result<void> make_folder();
    [[nodiscard]] base::Result<Anchor> add_one(X509* certificate, std::size_t present);
    [[nodiscard]] base::Result<CertificatePtr> read_anchor(const std::string& name) const;
    [[nodiscard]] bool read_settings(std::vector<base::Error>& faults) const;
    [[nodiscard]] std::filesystem::path path_of(std::string_view fingerprint) const;

    base::FileSystem* files_;
    std::filesystem::path folder_;
    TrustStorePtr current_;
};

}  // namespace gatehouse::certstore
