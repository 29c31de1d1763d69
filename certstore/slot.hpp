// One door's place on disk: the configured pair, and in STATE/DOOR/ last-good, previous, self-signed, the request that
// waits for its certificate, and the journal of a commit under way (pending). One Slot per door, owned by
// server/credentials, used on its thread only. Blocking.
#pragma once

#include "base/files.hpp"
#include "certstore/credential.hpp"
#include "certstore/journal.hpp"
#include "config/settings.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::certstore {

/// A signing request that waits for its certificate, and the key that was made for it.
struct PendingRequest {
    std::string request_pem;
    base::Secret key_pem;
};

class Slot {
public:
    Slot(base::FileSystem& files, config::Interface interface, const std::filesystem::path& state_directory,
         PairPaths configured);

    [[nodiscard]] const PairPaths& configured() const { return configured_; }
    [[nodiscard]] const PairPaths& last_good() const { return last_good_; }
    [[nodiscard]] const PairPaths& previous() const { return previous_; }
    [[nodiscard]] const PairPaths& self_signed() const { return self_signed_; }
    /// Takes over other configured paths after a reload of the configuration.
    void configure(PairPaths configured) { configured_ = std::move(configured); }

    /// Makes STATE/DOOR/ (0700), finishes or undoes a commit that a crash interrupted, and clears away what it left of
    /// a request. To be called once at start before anything is read.
    [[nodiscard]] base::Result<void> recover();

    /// Why the configured place cannot be written by a commit: conflict/slot_is_link, conflict/slot_not_writable.
    [[nodiscard]] base::Result<void> writable() const;
    /// The same, and conflict/slot_shared where one of its files is also one of `others`, the pair configured for the
    /// other door: a commit here would change what is served there. To be asked before an operator's commit.
    [[nodiscard]] base::Result<void> writable(const PairPaths& others) const;

    /// Replaces the configured pair: journal both in pending/, fsync, rename over the configured paths, fsync the
    /// folders. After a crash at any instant `recover` leaves a matching pair: the old one or the new one. Errors:
    /// those of `writable`, io; on error the old pair is in place.
    [[nodiscard]] base::Result<void> commit(std::string_view certificate_pem, std::string_view key_pem);

    /// Copies the pair being served to last-good/, the former last good to previous/ (not when it is the same pair).
    /// The same crash rule holds. Errors: io/last_good_not_saved.
    [[nodiscard]] base::Result<void> remember(const PairFiles& pair);

    /// Writes a generated pair to self-signed/ (replacing one that is there).
    [[nodiscard]] base::Result<void> keep_self_signed(std::string_view certificate_pem, std::string_view key_pem);

    /// Keeps a request and its key as STATE/DOOR/request.csr and request.key (0600), in the place of one that is there.
    /// After a crash at any instant all of the old or all of the new is found.
    [[nodiscard]] base::Result<void> keep_request(std::string_view request_pem, std::string_view key_pem);
    /// The request that waits; nullopt: none, or what is left of one. Errors: input, io: it can't be read.
    [[nodiscard]] base::Result<std::optional<PendingRequest>> pending_request() const;
    /// Forgets the request, if there is one, and shreds its key. After a crash at any instant a whole request or none
    /// is found. On error none is found either, but its key may be left for the next `recover` to destroy.
    [[nodiscard]] base::Result<void> remove_request();

private:
    [[nodiscard]] base::Result<void> clear_half_request();

    base::FileSystem* files_;
    config::Interface interface_;
    std::filesystem::path folder_;  // STATE/DOOR
    PairPaths configured_;
    PairPaths last_good_;
    PairPaths previous_;
    PairPaths self_signed_;
    std::filesystem::path request_;
    std::filesystem::path request_key_;
    Journal journal_;  // STATE/DOOR/pending
};

}  // namespace gatehouse::certstore
