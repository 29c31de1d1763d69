#include "config/vault.hpp"

#include "base/advice.hpp"
#include "base/hex.hpp"
#include "config/json_text.hpp"
#include "config/seal.hpp"

#include <sodium.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace gatehouse::config {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;
namespace fs = std::filesystem;

constexpr int version = 1;
constexpr std::size_t largest_vault = 4UL * 1024 * 1024;
constexpr std::size_t largest_key = 4096;
constexpr std::size_t smallest_key = 16;
constexpr std::string_view check_label = "check";
constexpr std::string_view check_value = "gatehouse";

std::string label_of(const std::string& spki_sha256) {
    return "vault:" + spki_sha256;
}

std::string sealed_hex(std::string_view plain, std::string_view label, const Secret& key) {
    return base::to_hex(seal(plain, label, key));
}

std::optional<Secret> unsealed_hex(const std::string& text, std::string_view label, const Secret& key) {
    const auto sealed = base::from_hex(text);
    return sealed ? unseal(*sealed, label, key) : std::nullopt;
}

Secret derived(const Secret& main_key, std::uint64_t number) {
    return derived_key(main_key, number, "ghvault_");
}

std::string giving_up(const fs::path& vault) {
    return "Only where that can't be done give up the passphrases it holds: stop the service, run: rm " +
           base::shell_quoted(vault) + ", start it, and give them again in a one-time file.";
}

tl::unexpected<base::Error> locked(const fs::path& vault, std::string message) {
    return base::fail(ErrorKind::unavailable, "vault_locked", std::move(message),
                      "Put the key back that it was sealed with: vault/key beside it, or systemd's credential "
                      "gatehouse.key. " +
                          giving_up(vault));
}

tl::unexpected<base::Error> missing(const fs::path& vault, const fs::path& key) {
    return locked(vault, "The key of " + vault.string() + " is missing: " + key.string() + ".");
}

tl::unexpected<base::Error> damaged(const fs::path& vault, const std::string& what) {
    return base::fail(ErrorKind::io, "vault_damaged", vault.string() + " is damaged: " + what + ".",
                      "Restore it from a backup. " + giving_up(vault));
}

// `from`: where the bytes are from.
Result<Secret> judged_key(const Secret& bytes, const std::string& from, const fs::path& vault) {
    if (bytes.size() >= smallest_key) return main_key_of(bytes.reveal());
    return locked(vault, from + " is no key: it has fewer than 16 bytes.");
}

// The main key from a key file; nullopt: there is no such file.
Result<std::optional<Secret>> read_key(const base::FileSystem& files, const fs::path& key, const fs::path& vault) {
    const auto contents = files.read(key, largest_key);
    if (!contents) {
        if (contents.error().kind == ErrorKind::not_found) return std::nullopt;
        return base::fail(contents.error());
    }
    auto judged = judged_key(contents->bytes, key.string(), vault);
    if (!judged) return base::fail(judged.error());
    return std::optional<Secret>(std::move(*judged));
}

}  // namespace

Vault::Vault(base::FileSystem& files, fs::path file, Secret main_key, bool writable)
    : files_(&files),
      file_(std::move(file)),
      sealing_key_(derived(main_key, 1)),
      digest_key_(derived(main_key, 2)),
      writable_(writable) {}

Result<Vault> Vault::open(base::FileSystem& files, const fs::path& state_directory,
                          const fs::path& credentials_directory, Access access) {
    if (::sodium_init() < 0) return base::fail(ErrorKind::crypto, "sodium_failed", "libsodium can't be initialized.");
    const fs::path file = state_directory / "vault" / "vault.json";
    const fs::path key_file = state_directory / "vault" / "key";
    const bool may_write = access == Access::read_write;

    Result<std::optional<Secret>> credential;
    if (!credentials_directory.empty()) credential = read_key(files, credentials_directory / "gatehouse.key", file);
    if (!credential) return base::fail(credential.error());
    auto own = read_key(files, key_file, file);
    if (!own && !*credential) return base::fail(own.error());

    const bool has_own = own && *own;
    if (!*credential && !has_own) {
        const auto there = files.link_facts(file);
        if (there) return missing(file, key_file);
        if (there.error().kind != ErrorKind::not_found) return base::fail(there.error());
        Secret fresh = random_seal_key();
        Vault empty(files, file, main_key_of(fresh.reveal()), may_write);
        empty.unwritten_key_ = std::move(fresh);
        return empty;
    }

    Vault vault(files, file, std::move(*credential ? **credential : **own), may_write);
    auto opened = vault.read();
    if (!opened && opened.error().code == "vault_locked" && *credential && has_own) {
        // Sealed before there was a credential: open it with the old key, seal it with the new.
        Vault former(files, file, std::move(**own), false);
        if (!former.read()) return base::fail(opened.error());
        vault.passphrases_ = std::move(former.passphrases_);
        vault.applied_digest_.clear();  // was keyed with the old key
        if (may_write) {
            if (auto saved = vault.save(); !saved) return base::fail(saved.error());
        }
        opened = {};
    }
    if (!opened) return base::fail(opened.error());
    // Also one left over by an earlier run. Without a vault nothing proves yet that the old key has become useless.
    if (*credential && has_own && may_write && files.link_facts(file)) {
        if (auto shredded = base::shred(files, key_file); !shredded) return base::fail(shredded.error());
    }
    return vault;
}

Result<void> Vault::opened_by(base::FileSystem& files, const fs::path& state_directory, const fs::path& key) {
    if (::sodium_init() < 0) return base::fail(ErrorKind::crypto, "sodium_failed", "libsodium can't be initialized.");
    const fs::path file = state_directory / "vault" / "vault.json";
    if (const auto there = files.link_facts(file); !there) return base::fail(there.error());
    auto main_key = read_key(files, key, file);
    if (!main_key) return base::fail(main_key.error());
    if (!*main_key) return missing(file, key);
    return Vault(files, file, std::move(**main_key), false).read();
}

Result<void> Vault::opened_by(base::FileSystem& files, const fs::path& state_directory, const Secret& key) {
    if (::sodium_init() < 0) return base::fail(ErrorKind::crypto, "sodium_failed", "libsodium can't be initialized.");
    const fs::path file = state_directory / "vault" / "vault.json";
    if (const auto there = files.link_facts(file); !there) return base::fail(there.error());
    auto main_key = judged_key(key, "What is given", file);
    return main_key ? Vault(files, file, std::move(*main_key), false).read() : base::fail(main_key.error());
}

const Secret* Vault::find(const std::string& spki_sha256) const {
    const auto found = passphrases_.find(spki_sha256);
    return found == passphrases_.end() ? nullptr : &found->second;
}

Result<void> Vault::put(const std::string& spki_sha256, Secret passphrase) {
    std::optional<Secret> former;
    if (auto found = passphrases_.find(spki_sha256); found != passphrases_.end()) former = std::move(found->second);
    passphrases_[spki_sha256] = std::move(passphrase);
    auto saved = save();
    if (!saved && former) passphrases_[spki_sha256] = std::move(*former);
    if (!saved && !former) passphrases_.erase(spki_sha256);
    return saved;
}

Result<void> Vault::put_all(std::map<std::string, Secret> passphrases, const std::string& one_time_digest) {
    std::map<std::string, Secret> former;
    std::vector<std::string> added;
    for (const auto& entry : passphrases) {
        if (auto found = passphrases_.extract(entry.first)) former.insert(std::move(found));
        added.push_back(entry.first);
    }
    passphrases_.merge(passphrases);
    std::string former_digest = std::exchange(applied_digest_, one_time_digest);
    auto saved = save();
    if (!saved) {
        for (const std::string& spki : added)
            passphrases_.erase(spki);
        passphrases_.merge(former);
        applied_digest_ = std::move(former_digest);
    }
    return saved;
}

Result<void> Vault::keep_only(const std::set<std::string>& needed) {
    std::map<std::string, Secret> forgotten;
    for (auto entry = passphrases_.begin(); entry != passphrases_.end();) {
        const auto next = std::next(entry);
        if (!needed.contains(entry->first)) forgotten.insert(passphrases_.extract(entry));
        entry = next;
    }
    if (forgotten.empty()) return {};
    auto saved = save();
    if (!saved) passphrases_.merge(forgotten);
    return saved;
}

Result<void> Vault::read() {
    const auto contents = files_->read(file_, largest_vault, base::Links::refuse);
    if (!contents) {
        if (contents.error().kind == ErrorKind::not_found) return {};
        return base::fail(contents.error());
    }
    const auto document = parse_json(contents->bytes.reveal());
    if (!document) return damaged(file_, document.error().where + " " + document.error().what);
    if (!document->is_object()) return damaged(file_, "it is no object");
    const auto text_of = [](const nlohmann::json& value) {
        return value.is_string() ? value.get<std::string>() : std::string();
    };
    const auto entries = document->find("passphrases");
    if (document->value("version", nlohmann::json()) != version || entries == document->end() ||
        !entries->is_object()) {
        return damaged(file_, "it is not of version 1, or lacks a member");
    }
    const std::string check = text_of(document->value("check", nlohmann::json()));
    if (check.empty()) return damaged(file_, "it lacks the member check");
    const auto checked = unsealed_hex(check, check_label, sealing_key_);
    if (!checked || !checked->equals(check_value)) {
        return locked(file_, "The present key does not open " + file_.string() + "; it was sealed with another.");
    }
    for (const auto& [spki, sealed] : entries->items()) {
        auto passphrase = unsealed_hex(text_of(sealed), label_of(spki), sealing_key_);
        if (!passphrase)
            return damaged(file_, "the passphrase of the public key " + in_quotes(spki) + " can't be unsealed");
        passphrases_.emplace(spki, std::move(*passphrase));
    }
    applied_digest_ = text_of(document->value("applied_one_time_digest", nlohmann::json()));
    return {};
}

Result<void> Vault::save() {
    if (!writable_) {
        return base::fail(ErrorKind::internal, "vault_read_only", file_.string() + " was opened for reading only.");
    }
    nlohmann::json document;
    document["version"] = version;
    document["check"] = sealed_hex(check_value, check_label, sealing_key_);
    document["applied_one_time_digest"] = applied_digest_;
    nlohmann::json& entries = document["passphrases"] = nlohmann::json::object();
    for (const auto& [spki, passphrase] : passphrases_) {
        entries[spki] = sealed_hex(passphrase.reveal(), label_of(spki), sealing_key_);
    }
    constexpr mode_t folder_mode = 0700;
    constexpr mode_t file_mode = 0600;
    if (auto made = files_->make_folder(file_.parent_path(), folder_mode); !made) return made;
    // Its name too: a passphrase is kept before its key is put in place.
    if (auto synced = files_->sync_folder(file_.parent_path().parent_path()); !synced) return synced;
    if (!unwritten_key_.empty()) {
        const fs::path key = file_.parent_path() / "key";
        if (auto written = base::write_atomically(*files_, key, unwritten_key_.reveal(), file_mode); !written)
            return written;
        unwritten_key_ = Secret();
    }
    return base::write_atomically(*files_, file_, document.dump(2) + "\n", file_mode);
}

}  // namespace gatehouse::config
