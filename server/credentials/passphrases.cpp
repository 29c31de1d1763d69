#include "server/credentials/passphrases.hpp"

#include "certstore/credential.hpp"

#include <sys/random.h>
#include <utility>

namespace gatehouse::credentials {

namespace {

using certstore::Finding;
using certstore::Severity;

// How long a passphrase that no key needed yet is kept for one that may follow it.
constexpr std::chrono::minutes held_for{10};

// In memory only: tells a file that could not be deleted from a new one within this process.
base::Secret process_digest_key() {
    base::Secret key(std::size_t{32});
    (void)!getrandom(key.writable(), key.size(), 0);  // 32 bytes never come short (getrandom(2))
    return key;
}

}  // namespace

Passphrases::Passphrases(base::FileSystem& files, base::Log& log, std::filesystem::path credentials_directory,
                         TakeUsers take_users)
    : files_(files),
      log_(log),
      credentials_directory_(std::move(credentials_directory)),
      take_users_(std::move(take_users)),
      digest_key_(process_digest_key()) {}

void Passphrases::configure(const config::Settings& settings) {
    path_ = settings.one_time_file;
    mode_ = settings.key_passphrase;
    state_directory_ = settings.state_directory;
    if (!vault_) open_vault();
    if (vault_ && mode_ == config::KeyPassphrase::memory) {
        // What an earlier configuration sealed must not lie there any more.
        if (const auto emptied = vault_->keep_only({}); !emptied) log_.warning("vault.failed", emptied.error().text());
        vault_.reset();
    }
}

void Passphrases::open_vault() {
    auto vault = config::Vault::open(files_, state_directory_, credentials_directory_);
    if (vault) {
        digest_key_ = vault->digest_key().clone();
        vault_ = std::move(*vault);
        vault_trouble_.reset();
        return;
    }
    if (mode_ == config::KeyPassphrase::memory) return;  // nothing is wanted from it
    vault_trouble_ = Finding{"vault_locked", Severity::warn, vault.error().message, vault.error().advice};
    log_.error("vault.locked", vault.error().text(), {{"code", vault.error().code}});
}

void Passphrases::look(std::chrono::steady_clock::time_point now) {
    waiting_.reset();
    for (const auto interface : config::interfaces) {
        auto& held = held_[interface];
        if (held && now >= held->until) held.reset();
    }
    auto file = config::read_one_time_file(files_, path_, digest_key_.reveal());
    if (!file) {
        const base::Error& error = file.error();
        const Finding before = trouble_.value_or(Finding{});
        set_trouble("otc_unreadable", error);
        if (*trouble_ != before)
            log_.warning("otc.refused", error.text(), {{"code", error.code}, {"file", path_.string()}});
        return;
    }
    if (!*file) {
        trouble_.reset();
        return;
    }
    identity_ = (*file)->identity;
    const bool applied_before = (*file)->wiped || (*file)->digest == applied_digest_ ||
                                (vault_ && (*file)->digest == vault_->applied_one_time_digest());
    if (applied_before) {
        remove_file((*file)->wiped);
        return;
    }
    if (trouble_ && refused_digest_ != (*file)->digest) trouble_.reset();
    waiting_ = std::move(**file);
}

Candidates Passphrases::candidates(config::Interface interface, std::string_view certificate_text) const {
    Candidates candidates;
    for (const std::string& spki : certstore::public_key_digests(certificate_text)) {
        if (const auto found = memory_.find(spki); found != memory_.end())
            candidates.passphrases.push_back(&found->second);
        if (const base::Secret* sealed = vault_ ? vault_->find(spki) : nullptr)
            candidates.passphrases.push_back(sealed);
    }
    const auto& held = held_[interface];
    if (held) {
        candidates.held = static_cast<int>(candidates.passphrases.size());
        candidates.passphrases.push_back(&held->passphrase);
    }
    if (waiting_ && waiting_->keypass[interface]) {
        candidates.one_time = static_cast<int>(candidates.passphrases.size());
        candidates.passphrases.push_back(&*waiting_->keypass[interface]);
    }
    return candidates;
}

base::Result<void> Passphrases::keep(const std::string& spki_sha256, const base::Secret& passphrase) {
    if (vault_) return vault_->put(spki_sha256, passphrase.clone());
    memory_.insert_or_assign(spki_sha256, passphrase.clone());
    return {};
}

void Passphrases::not_sealed(const base::Error& error) {
    set_trouble("otc_unreadable", error);
    log_.error("otc.refused", "A passphrase could not be sealed, so nothing was applied. " + error.text(),
               {{"code", error.code}, {"file", path_.string()}});
}

base::Result<void> Passphrases::take_users() {
    if (waiting_->users.empty() && waiting_->api_keys.empty()) return {};
    if (!take_users_) {
        return base::fail(base::ErrorKind::unavailable, "otc_unsupported", "Users and API keys can't be kept here.");
    }
    return take_users_(*waiting_);
}

bool Passphrases::apply(const std::vector<Opened>& opened) {
    // First, because they are stored once only for this file: should what follows fail, it is all tried again.
    if (const auto taken = take_users(); !taken) {
        const base::Error& why = taken.error();
        const base::Error error{why.kind, why.code,
                                path_.string() + ": " + why.message + " Nothing of the file was applied.", why.advice};
        set_trouble("otc_unreadable", error);
        if (refused_digest_ != waiting_->digest) {
            refused_digest_ = waiting_->digest;
            log_.warning("otc.refused", error.text(), {{"code", error.code}, {"file", path_.string()}});
        }
        waiting_.reset();
        return false;
    }
    config::PerInterface<bool> needed;
    std::map<std::string, base::Secret> passphrases;
    for (const Opened& one : opened) {
        passphrases.insert_or_assign(one.spki_sha256, waiting_->keypass[one.interface]->clone());
        needed[one.interface] = true;
    }
    if (!vault_) {
        for (auto& [spki, passphrase] : passphrases)
            memory_.insert_or_assign(spki, std::move(passphrase));
    } else if (const auto sealed = vault_->put_all(std::move(passphrases), waiting_->digest); !sealed) {
        not_sealed(sealed.error());
        return false;
    }
    std::string note;
    for (const config::Interface interface : config::interfaces) {
        auto& passphrase = waiting_->keypass[interface];
        if (!passphrase || needed[interface]) continue;
        if (!waiting_->shared_keypass || opened.empty()) {
            note += " No key of the " + std::string(config::name(interface)) +
                    " door needs its passphrase now; it is kept in memory for ten minutes, should the key follow.";
        }
        held_[interface] = Held{std::move(*passphrase), std::chrono::steady_clock::now() + held_for};
    }
    applied_digest_ = waiting_->digest;
    log_.info("otc.consumed", "The one-time file " + path_.string() + " was applied." + note,
              {{"file", path_.string()},
               {"keys_opened", std::to_string(opened.size())},
               {"users", std::to_string(waiting_->users.size())},
               {"api_keys", std::to_string(waiting_->api_keys.size())}});
    waiting_.reset();
    trouble_.reset();
    remove_file(false);
    return true;
}

void Passphrases::refuse(config::Interface interface, const std::string& message) {
    const base::Error error{base::ErrorKind::denied, "wrong_passphrase",
                            path_.string() + ": the passphrase for the " + std::string(config::name(interface)) +
                                " door does not open its key, so nothing of the file was applied. " + message,
                            "Correct \"keypass\" and save the file again."};
    set_trouble("otc_unreadable", error);
    if (refused_digest_ != waiting_->digest) {
        refused_digest_ = waiting_->digest;
        log_.warning(
            "otc.refused", error.text(),
            {{"code", error.code}, {"interface", std::string(config::name(interface))}, {"file", path_.string()}});
    }
    waiting_.reset();
}

// What is wiped already is not written to again: the watch on the file would take that for a new one, without end.
void Passphrases::remove_file(bool wiped) {
    const auto gone = wiped ? base::remove_durably(files_, path_, identity_) : base::shred(files_, path_, identity_);
    if (!gone) {
        const Finding before = trouble_.value_or(Finding{});
        set_trouble("otc_not_deleted", gone.error());
        if (*trouble_ == before) return;
        log_.warning("otc.not_deleted", gone.error().text(), {{"code", "otc_not_deleted"}, {"file", path_.string()}});
        return;
    }
    trouble_.reset();
}

void Passphrases::set_trouble(std::string code, const base::Error& error) {
    trouble_ = Finding{std::move(code), Severity::warn, error.message, error.advice};
}

void Passphrases::hold(config::Interface interface, base::Secret passphrase) {
    held_[interface] = Held{std::move(passphrase), std::chrono::steady_clock::now() + held_for};
}

void Passphrases::use_held(config::Interface interface, const std::string& spki_sha256) {
    auto& held = held_[interface];
    if (!held) return;
    if (const auto kept = keep(spki_sha256, held->passphrase); !kept) {
        held->not_kept = kept.error();
        return not_sealed(kept.error());
    }
    held.reset();
}

base::Result<void> Passphrases::settle_held(config::Interface interface) {
    const auto held = std::exchange(held_[interface], std::nullopt);
    if (!held) return {};
    const std::string door(config::name(interface));
    if (!held->not_kept) {
        return base::fail(base::ErrorKind::input, "key_locked",
                          "The passphrase opens no key of the " + door + " door; it was forgotten.");
    }
    return base::fail(base::ErrorKind::conflict, "passphrase_not_kept",
                      "The passphrase opens the " + door +
                          " door's key, but it could not be kept for the next start: " + held->not_kept->message,
                      held->not_kept->advice);
}

void Passphrases::keep_only(const std::set<std::string>& spki_sha256) {
    std::erase_if(memory_, [&](const auto& entry) { return !spki_sha256.contains(entry.first); });
    if (!vault_) return;
    if (const auto kept = vault_->keep_only(spki_sha256); !kept) log_.warning("vault.failed", kept.error().text());
}

std::vector<Finding> Passphrases::findings() const {
    std::vector<Finding> findings;
    if (trouble_) findings.push_back(*trouble_);
    if (vault_trouble_) findings.push_back(*vault_trouble_);
    return findings;
}

}  // namespace gatehouse::credentials
