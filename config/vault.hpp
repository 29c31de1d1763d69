// The vault: passphrases sealed on disk, each filed under the public key it opens. One per daemon, owned by
// server/credentials and used on its thread only. Blocking.
#pragma once

#include "base/files.hpp"
#include "base/secret.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace gatehouse::config {

class Vault {
public:
    /// Opens STATE/vault/. The sealing key is $CREDENTIALS_DIRECTORY/gatehouse.key where `credentials_directory` is not
    /// empty and holds one, else STATE/vault/key (0600), made when neither it nor a vault exists. Errors: a key that is
    /// missing over a vault that holds something, or does not open it (unavailable/vault_locked), io.
    [[nodiscard]] static base::Result<Vault> open(base::FileSystem& files, const std::filesystem::path& state_directory,
                                                  const std::filesystem::path& credentials_directory);

    /// The passphrase filed under `spki_sha256` (lower-case hex of the key's SubjectPublicKeyInfo), or null.
    [[nodiscard]] const base::Secret* find(const std::string& spki_sha256) const;
    /// Files and seals a passphrase; durable when it returns.
    [[nodiscard]] base::Result<void> put(const std::string& spki_sha256, base::Secret passphrase);
    /// Forgets all passphrases but those of `needed`; durable when it returns; writes only if something was forgotten.
    [[nodiscard]] base::Result<void> keep_only(const std::set<std::string>& needed);

    /// Digest of the one-time file applied last ("" if none); recording it is durable when it returns.
    [[nodiscard]] const std::string& applied_one_time_digest() const { return applied_digest_; }
    [[nodiscard]] base::Result<void> record_applied(const std::string& digest);

    /// Key for digests of the one-time file, derived from the sealing key.
    [[nodiscard]] const base::Secret& digest_key() const { return digest_key_; }

private:
    Vault(base::FileSystem& files, std::filesystem::path file, base::Secret sealing_key);
    [[nodiscard]] base::Result<void> save() const;

    base::FileSystem* files_;
    std::filesystem::path file_;
    base::Secret sealing_key_;
    base::Secret digest_key_;
    std::map<std::string, base::Secret> passphrases_;
    std::string applied_digest_;
};

}  // namespace gatehouse::config
