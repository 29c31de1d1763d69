// The vault: passphrases sealed on disk, each filed under the public key it opens. One per daemon, owned by
// server/credentials and used on its thread only. Blocking.
//
// STATE/vault/vault.json (0600, folder 0700), always replaced whole and atomically, holds each passphrase sealed with
// XChaCha20-Poly1305 under a nonce of its own, bound to its public key, and a sealed check value that tells a wrong key
// from a damaged file. The key file (STATE/vault/key or the systemd credential) is any 16 to 4096 bytes, taken as they
// are, a line end included; they are hashed (BLAKE2b-256) to a main key, from which the sealing key and the digest key
// are derived (libsodium's kdf). The file made here is 32 random bytes.
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
    /// `read_only` changes nothing on disk (for --check); `put` and its like then fail.
    enum class Access { read_write, read_only };

    /// Opens STATE/vault/. The key is $CREDENTIALS_DIRECTORY/gatehouse.key where `credentials_directory` is not empty
    /// and holds one, else STATE/vault/key (0600); where neither it nor a vault exists one is made with the first
    /// write, so that a box without encrypted keys has none. A vault that was sealed with STATE/vault/key is sealed
    /// anew when a credential appears. Where a credential opens the vault, STATE/vault/key is shredded. Errors:
    /// unavailable/vault_locked (the key is missing over a vault, too short, or another one), io/vault_damaged, file_*;
    /// the advice says how to mend it. They leave everything on disk as it was, but for one case: where the old key
    /// can't be shredded the vault is sealed with the credential already, and the next `open` tries again.
    [[nodiscard]] static base::Result<Vault> open(base::FileSystem& files, const std::filesystem::path& state_directory,
                                                  const std::filesystem::path& credentials_directory,
                                                  Access access = Access::read_write);

    /// The passphrase filed under `spki_sha256` (lower-case hex of the key's SubjectPublicKeyInfo), or null.
    [[nodiscard]] const base::Secret* find(const std::string& spki_sha256) const;
    [[nodiscard]] bool empty() const { return passphrases_.empty(); }
    /// Files and seals a passphrase; durable when it returns. On failure the vault holds what it held before; so with
    /// the others below.
    [[nodiscard]] base::Result<void> put(const std::string& spki_sha256, base::Secret passphrase);
    /// Files the passphrases of a one-time file and its digest, all with one write or nothing.
    [[nodiscard]] base::Result<void> put_all(std::map<std::string, base::Secret> passphrases,
                                             const std::string& one_time_digest);
    /// Forgets all passphrases but those of `needed`; durable when it returns; writes only if something was forgotten.
    [[nodiscard]] base::Result<void> keep_only(const std::set<std::string>& needed);

    /// Digest of the one-time file applied last ("" if none), as `put_all` recorded it.
    [[nodiscard]] const std::string& applied_one_time_digest() const { return applied_digest_; }

    /// Key for digests of the one-time file, derived from the main key, like the sealing key.
    [[nodiscard]] const base::Secret& digest_key() const { return digest_key_; }

    /// Whether what `key` holds opens STATE/vault/vault.json, which changes nothing. Errors: unavailable/vault_locked
    /// (there is no such key, it is too short, or another one), io/vault_damaged, file_*; not_found/file_missing: there
    /// is no vault.
    [[nodiscard]] static base::Result<void> opened_by(base::FileSystem& files,
                                                      const std::filesystem::path& state_directory,
                                                      const std::filesystem::path& key);
    /// The same of a key that was read already: the bytes of a key file.
    [[nodiscard]] static base::Result<void> opened_by(base::FileSystem& files,
                                                      const std::filesystem::path& state_directory,
                                                      const base::Secret& key);

private:
    Vault(base::FileSystem& files, std::filesystem::path file, base::Secret main_key, bool writable);
    [[nodiscard]] base::Result<void> read();
    [[nodiscard]] base::Result<void> save();

    base::FileSystem* files_;
    std::filesystem::path file_;
    base::Secret sealing_key_;
    base::Secret digest_key_;
    base::Secret unwritten_key_;  // bytes of a key file that the first write makes; empty: there is one
    bool writable_;
    std::map<std::string, base::Secret> passphrases_;
    std::string applied_digest_;
};

}  // namespace gatehouse::config
