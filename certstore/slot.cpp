#include "certstore/slot.hpp"

#include "base/advice.hpp"
#include "certstore/pem.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr mode_t key_mode = 0600;
constexpr mode_t certificate_mode = 0644;

// The certificate's file of a door that has one file for both holds the key too.
bool holds_key(std::string_view certificate_pem) {
    return certificate_pem.find("PRIVATE KEY-----") != std::string_view::npos;
}

mode_t mode_for(std::string_view certificate_pem) {
    return holds_key(certificate_pem) ? key_mode : certificate_mode;
}

PairPaths pair_in(const fs::path& folder) {
    return {folder / "cert.pem", folder / "cert.key"};
}

tl::unexpected<base::Error> not_writable(std::string message, std::string advice) {
    return base::fail(ErrorKind::conflict, "slot_not_writable", std::move(message), std::move(advice));
}

// Whether names in the folder, or in the nearest one above it that exists, may be changed by this process.
Result<void> folder_is_writable(const base::FileSystem& files, fs::path folder) {
    while (!files.facts(folder) && folder.has_relative_path())
        folder = folder.parent_path();
    if (folder.empty()) folder = ".";
    if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
    const int error = errno;
    const std::string why = base::words_of(error);
    const auto facts = files.facts(folder);
    std::string whose = facts ? " (owner " + base::user_name(facts->owner) + ", mode " + base::mode_text(facts->mode) +
                                    "; this process runs as " + base::user_name(::geteuid()) + ")"
                              : "";
    return not_writable(
        "The folder " + folder.string() + " can't be written: " + why + std::move(whose) + ".",
        error == EROFS ? base::advice_to_open_for_writing() : base::advice_to_give(folder, ::geteuid()));
}

// What another program keeps it goes on keeping: no advice to take it away from that.
constexpr std::string_view name_others =
    "Where certbot or the like keeps it, take this door's \"certificate\" and \"key\" out of the configuration, which "
    "puts them into the state folder, and reload.";

// Not a link, and where this process can see it.
Result<void> place_is_own(const base::FileSystem& files, const fs::path& path) {
    const auto facts = files.link_facts(path);
    if (facts && facts->symlink) {
        return base::fail(ErrorKind::conflict, "slot_is_link",
                          path.string() + " is a symbolic link, so whoever made it says what is served.",
                          "Change what it points to, or put a file in its place. " + std::string(name_others));
    }
    if (!facts && facts.error().code == "file_denied") {
        return not_writable(facts.error().message, std::string(name_others));
    }
    return {};
}

Result<void> place_is_writable(const base::FileSystem& files, const fs::path& path) {
    const fs::path folder = path.parent_path();
    if (const auto facts = files.link_facts(path)) {
        if (!facts->regular) return not_writable(path.string() + " is no regular file.", "Move it away.");
        const auto above = files.facts(folder.empty() ? fs::path(".") : folder);
        if (above && above->identity.device != facts->identity.device) {
            return not_writable(path.string() + " is mounted there on its own, so it can't be replaced.",
                                "Mount its folder instead.");
        }
    }
    return folder_is_writable(files, folder);
}

// Whether both paths lead to one file, or would once it is there: the same name in the same folder.
bool same_file(const base::FileSystem& files, const fs::path& one, const fs::path& other) {
    if (one.lexically_normal() == other.lexically_normal()) return true;
    const auto same = [&files](const fs::path& a, const fs::path& b) {
        const auto facts_a = files.facts(a);
        const auto facts_b = files.facts(b);
        return facts_a && facts_b && facts_a->identity.device == facts_b->identity.device &&
               facts_a->identity.inode == facts_b->identity.inode;
    };
    if (same(one, other)) return true;
    const auto folder_of = [](const fs::path& path) { return path.has_parent_path() ? path.parent_path() : "."; };
    return one.filename() == other.filename() && same(folder_of(one), folder_of(other));
}

// The bytes of a file; nullopt: it is not there.
Result<std::optional<base::Secret>> bytes_at(const base::FileSystem& files, const fs::path& path) {
    auto contents = files.read(path, max_pem_bytes);
    if (contents) return std::move(contents->bytes);
    if (contents.error().code == "file_missing") return std::nullopt;
    return base::fail(contents.error());
}

}  // namespace

Slot::Slot(base::FileSystem& files, config::Interface interface, const fs::path& state_directory, PairPaths configured)
    : files_(&files),
      interface_(interface),
      folder_(state_directory / config::name(interface)),
      configured_(std::move(configured)),
      last_good_(pair_in(folder_ / "last-good")),
      previous_(pair_in(folder_ / "previous")),
      self_signed_(pair_in(folder_ / "self-signed")),
      request_(folder_ / "request.csr"),
      request_key_(folder_ / "request.key"),
      journal_(files, folder_ / "pending") {}

Result<void> Slot::recover() {
    if (auto made = files_->make_folder(folder_, 0700); !made) return made;
    if (auto synced = files_->sync_folder(folder_.parent_path()); !synced) return synced;
    if (auto recovered = journal_.recover(); !recovered) return recovered;
    return clear_half_request();
}

Result<void> Slot::writable() const {
    for (const fs::path* path : {&configured_.certificate, &configured_.key}) {
        if (auto place = place_is_own(*files_, *path); !place) return place;
    }
    for (const fs::path* path : {&configured_.certificate, &configured_.key}) {
        if (auto place = place_is_writable(*files_, *path); !place) return place;
    }
    return {};
}

Result<void> Slot::writable(const PairPaths& others) const {
    if (auto place = writable(); !place) return place;
    for (const fs::path* own : {&configured_.certificate, &configured_.key}) {
        for (const fs::path* other : {&others.certificate, &others.key}) {
            if (!same_file(*files_, *own, *other)) continue;
            return base::fail(ErrorKind::conflict, "slot_shared",
                              own->string() + " is configured for both doors, so a change for the " +
                                  std::string(config::name(interface_)) + " door would change the other one too.",
                              "Configure files of its own for each door, or replace the file by hand.");
        }
    }
    return {};
}

Result<void> Slot::commit(std::string_view certificate_pem, std::string_view key_pem) {
    if (auto place = writable(); !place) return place;
    if (configured_.certificate.lexically_normal() == configured_.key.lexically_normal()) {
        // One file for both: key and chain stand in it one after the other.
        base::Secret both(key_pem.size() + 1 + certificate_pem.size());
        char* end = std::copy(key_pem.begin(), key_pem.end(), both.writable());
        *end = '\n';
        std::copy(certificate_pem.begin(), certificate_pem.end(), end + 1);
        return journal_.replace(std::array{Replacement{configured_.key, both.reveal(), key_mode}});
    }
    const auto present = files_->facts(configured_.certificate);
    const mode_t mode = present && !holds_key(certificate_pem) ? present->mode : mode_for(certificate_pem);
    return journal_.replace(std::array{Replacement{configured_.key, key_pem, key_mode},
                                       Replacement{configured_.certificate, certificate_pem, mode}});
}

Result<void> Slot::remember(const PairFiles& pair) {
    const auto not_saved = [this](const base::Error& error) {
        return base::fail(ErrorKind::io, "last_good_not_saved",
                          "The pair being served at the " + std::string(config::name(interface_)) +
                              " door could not be copied to " + last_good_.key.parent_path().string() + ": " +
                              error.message,
                          error.advice);
    };
    const std::string_view certificate = pair.certificate.bytes.reveal();
    const std::string_view key = pair.key.bytes.reveal();
    const auto former_certificate = files_->read(last_good_.certificate, max_pem_bytes);
    const auto former_key = files_->read(last_good_.key, max_pem_bytes);
    std::vector<Replacement> replacements;
    if (former_certificate && former_key) {
        // The same certificate has the same key, though perhaps encrypted anew: that is no step back.
        const bool same_pair = former_certificate->bytes.equals(certificate);
        if (same_pair && former_key->bytes.equals(key)) return {};
        if (!same_pair) {
            replacements.push_back({previous_.key, former_key->bytes.reveal(), key_mode});
            replacements.push_back({previous_.certificate, former_certificate->bytes.reveal(),
                                    mode_for(former_certificate->bytes.reveal())});
        }
    }
    replacements.push_back({last_good_.key, key, key_mode});
    replacements.push_back({last_good_.certificate, certificate, mode_for(certificate)});
    if (auto saved = journal_.replace(replacements); !saved) return not_saved(saved.error());
    return {};
}

Result<void> Slot::keep_self_signed(std::string_view certificate_pem, std::string_view key_pem) {
    return journal_.replace(std::array{Replacement{self_signed_.key, key_pem, key_mode},
                                       Replacement{self_signed_.certificate, certificate_pem, certificate_mode}});
}

Result<void> Slot::keep_request(std::string_view request_pem, std::string_view key_pem) {
    return journal_.replace(
        std::array{Replacement{request_key_, key_pem, key_mode}, Replacement{request_, request_pem, certificate_mode}});
}

Result<std::optional<PendingRequest>> Slot::pending_request() const {
    auto request = bytes_at(*files_, request_);
    if (!request) return base::fail(request.error());
    auto key = bytes_at(*files_, request_key_);
    if (!key) return base::fail(key.error());
    if (!*request || !*key) return std::nullopt;
    return PendingRequest{std::string((*request)->reveal()), std::move(**key)};
}

Result<void> Slot::remove_request() {
    // A replacement that an error left half done must not bring the request back.
    if (auto recovered = journal_.recover(); !recovered) return recovered;
    // Without the request its key means nothing; so the request goes first, durably.
    if (auto removed = files_->remove(request_); !removed) return removed;
    if (auto synced = files_->sync_folder(folder_); !synced) return synced;
    return base::shred(*files_, request_key_);
}

// What a crash left of a request that was being removed.
Result<void> Slot::clear_half_request() {
    const bool has_request = files_->link_facts(request_).has_value();
    const bool has_key = files_->link_facts(request_key_).has_value();
    return has_request == has_key ? Result<void>() : remove_request();
}

}  // namespace gatehouse::certstore
