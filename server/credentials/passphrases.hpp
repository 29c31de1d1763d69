// Where passphrases come from: the vault, this process's memory, and a one-time file that waits to be applied. Owned by
// Credentials, used on its thread only. Blocking.
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"
#include "certstore/findings.hpp"
#include "config/one_time_file.hpp"
#include "config/settings.hpp"
#include "config/vault.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::credentials {

/// Passphrases to try on one pair's key, in this order.
struct Candidates {
    std::vector<const base::Secret*> passphrases;
    int held = -1;      ///< index of one from an earlier one-time file that no key needed then; -1: none
    int one_time = -1;  ///< index of the one from a one-time file not applied yet; -1: none
};

/// A passphrase of the one-time file that opened a door's key.
struct Opened {
    config::Interface interface = config::Interface::clean;
    std::string spki_sha256;
};

class Passphrases {
public:
    /// Stores the users and API keys of a one-time file, all or none, once for each digest.
    using TakeUsers = std::function<base::Result<void>(const config::OneTimeFile&)>;

    /// `credentials_directory`: systemd's, or empty (see config/vault). Without `take_users` a file with users
    /// or API keys is refused.
    Passphrases(base::FileSystem& files, base::Log& log, std::filesystem::path credentials_directory,
                TakeUsers take_users = {});

    /// Takes over the place of the one-time file and the mode; opens the vault, or empties it in mode "memory". A vault
    /// that does not open is a finding; the doors go on without it, passphrases then stay in memory.
    void configure(const config::Settings& settings);

    /// Looks whether a one-time file waits. Refusals are logged (once) and remembered as a finding. What was held for
    /// ten minutes is wiped.
    void look(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());
    [[nodiscard]] bool one_time_file_waits() const { return waiting_.has_value(); }
    [[nodiscard]] bool one_time_file_names(config::Interface interface) const {
        return waiting_ && waiting_->keypass[interface].has_value();
    }

    /// `certificate_text` tells whose key it is before the key can be opened.
    [[nodiscard]] Candidates candidates(config::Interface interface, std::string_view certificate_text) const;

    /// The one-time file as a whole: its passphrases opened these keys. Keeps them, deletes the file, logs it. False
    /// where they could not be sealed: nothing was applied and the file stays.
    [[nodiscard]] bool apply(const std::vector<Opened>& opened);
    /// A passphrase for `interface` does not open its key: nothing is applied and the file stays.
    void refuse(config::Interface interface, const std::string& message);
    /// Neither: the key it is for may be on its way. The file stays for the next look.
    void postpone() { waiting_.reset(); }

    /// Keeps a passphrase that came with an upload. Errors: the vault's, where it could not be sealed.
    [[nodiscard]] base::Result<void> keep(const std::string& spki_sha256, const base::Secret& passphrase);

    /// Holds a passphrase that somebody gave for `interface`, for the next run.
    void hold(config::Interface interface, base::Secret passphrase);
    /// What became of the passphrase that was held for a run; what was not used is forgotten. Errors: input/key_locked
    /// where it opened nothing; conflict/passphrase_not_kept where it opened the key and could not be sealed.
    [[nodiscard]] base::Result<void> settle_held(config::Interface interface);

    /// A held passphrase opened this key after all: keeps it for good.
    void use_held(config::Interface interface, const std::string& spki_sha256);

    /// Whether there is anything that could be forgotten.
    [[nodiscard]] bool holds_any() const { return !memory_.empty() || (vault_ && !vault_->empty()); }
    /// Forgets what no stored pair needs.
    void keep_only(const std::set<std::string>& spki_sha256);

    /// Findings about the one-time file and the vault; they concern both doors.
    [[nodiscard]] std::vector<certstore::Finding> findings() const;
    /// Something could not be read or deleted and should be tried again, or is held and has to be wiped in time.
    [[nodiscard]] bool wants_look() const { return trouble_ || held_.clean || held_.admin; }

private:
    void not_sealed(const base::Error& error);
    [[nodiscard]] base::Result<void> take_users();
    void remove_file(bool wiped);
    void set_trouble(std::string code, const base::Error& error);
    void open_vault();

    // A passphrase whose key has not come yet: the file had to go, the key may follow.
    struct Held {
        base::Secret passphrase;
        std::chrono::steady_clock::time_point until;
        std::optional<base::Error> not_kept{};  // it opened its key, and could not be sealed
    };

    base::FileSystem& files_;
    base::Log& log_;
    std::filesystem::path credentials_directory_;
    TakeUsers take_users_;
    std::filesystem::path state_directory_;
    std::filesystem::path path_;
    config::KeyPassphrase mode_ = config::KeyPassphrase::sealed;
    std::optional<config::Vault> vault_;
    std::optional<certstore::Finding> vault_trouble_;
    std::map<std::string, base::Secret> memory_;  // by public key, where no vault is open
    config::PerInterface<std::optional<Held>> held_;
    std::optional<config::OneTimeFile> waiting_;
    base::FileIdentity identity_;  // of the file that was read last
    base::Secret digest_key_;
    std::string refused_digest_;  // of the file whose refusal was told
    std::string applied_digest_;  // of the file applied last, should it not go away
    std::optional<certstore::Finding> trouble_;
};

}  // namespace gatehouse::credentials
