// One door's credential: what is served, and how it comes to be replaced. Examines pairs on disk, activates the good
// one, remembers it, and says what happened. Owned by Credentials, used on its thread only. Blocking.
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"
#include "certstore/slot.hpp"
#include "server/credentials/change.hpp"
#include "server/credentials/chronicle.hpp"
#include "server/credentials/examine.hpp"
#include "server/credentials/passphrases.hpp"
#include "server/credentials/settling.hpp"
#include "server/credentials/signing_request.hpp"
#include "server/credentials/status.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace gatehouse::credentials {

/// What others do for the doors.
struct Hooks {
    /// Gives every worker the context; returns when each has it. Cannot fail.
    std::function<void(config::Interface, certstore::SslContextPtr)> activate;
    /// A run is over: the door's status as it is now.
    std::function<void(std::shared_ptr<const DoorStatus>)> tell;
    /// See Passphrases; may be empty.
    Passphrases::TakeUsers take_users{};
};

class Door {
public:
    Door(config::Interface interface, base::FileSystem& files, base::Log& log, const Hooks& hooks,
         const config::Settings& settings);

    /// New settings; what they change for the pair being served is brought about by the next `conclude`.
    void configure(const config::Settings& settings);

    /// Finishes an interrupted commit. To be called once, before anything else.
    void recover();

    /// Looks at the operator's pair without changing anything.
    [[nodiscard]] Examined examine(const Passphrases& passphrases, bool with_one_time_file) const;

    /// At start: serves the operator's pair, else last good, else a self-signed one (made where there is none). Writes
    /// nothing, so that the door answers without waiting for the disk; `finish` must follow.
    void begin(Examined operators, Passphrases& passphrases);
    /// The rest of an activation: stores what was made, remembers the pair, says what is served.
    void finish();
    /// While running: activates the operator's pair or says why not. From the watcher a half-changed pair gets two
    /// seconds to become whole: then `retry_at` says when to look again.
    void conclude(Examined operators, Trigger trigger);
    /// Whether what is wrong with the pair may be that it is half copied, and it is not two seconds since it changed.
    [[nodiscard]] bool may_settle(const Examined& examined);
    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> retry_at() const { return settling_.retry_at(); }

    /// What the operator asks for: prepared, checked, confirmed, written, served; or refused with nothing changed.
    [[nodiscard]] Changed change(const Change& change, Passphrases& passphrases);
    /// Keeps or discards a signing request.
    [[nodiscard]] base::Result<void> settle(const RequestChange& wish);

    /// The public key of the operator's pair on disk where this passphrase opens its key; nullopt: it does not.
    [[nodiscard]] std::optional<std::string> key_opened_by(const base::Secret& passphrase) const;

    /// A new ticket key; the present one goes on opening old tickets.
    void rotate_ticket_key();

    /// Public keys of all pairs that are served or stored; nullopt where one of them cannot be read now.
    [[nodiscard]] std::optional<std::set<std::string>> public_keys() const;
    [[nodiscard]] const certstore::Credential* served() const { return served_.credential.get(); }
    /// The operator's pair on disk was refused last time; what kept it from being read may pass.
    [[nodiscard]] bool refused() const { return placed_refused_; }

    /// When the served pair has to be judged again because time goes by (see certstore::next_turn).
    [[nodiscard]] std::optional<std::int64_t> next_turn() const;
    /// Findings that are not of the credential; shown with it.
    void set_surroundings(std::vector<certstore::Finding> findings);
    /// Publishes the status.
    void tell();

private:
    [[nodiscard]] Examined examine(const certstore::PairPaths& paths, const Passphrases& passphrases,
                                   bool with_one_time_file) const;
    [[nodiscard]] Examined self_signed(const Passphrases& passphrases);
    void store_self_signed();
    void remember();
    [[nodiscard]] bool may_replace_served(Examined& examined) const;
    [[nodiscard]] const certstore::CertificateFacts& facts() const { return served_.credential->facts().front(); }
    [[nodiscard]] base::Result<void> put_in_place(Prepared prepared, Passphrases& passphrases, const Change& change);
    void activate(Examined examined, Source source, Cause cause);
    void refuse(const Examined& examined, const Cause& cause);
    void refuse_placed(const Examined& examined, Trigger trigger);
    [[nodiscard]] bool rebuild_for_policy(Trigger trigger);
    void rejudge(const std::optional<base::FileFacts>& key_facts);
    [[nodiscard]] bool operators_placed() const;
    [[nodiscard]] Source source_of(const certstore::Credential& credential, Source otherwise) const;

    config::Interface interface_;
    base::FileSystem& files_;
    base::Log& log_;
    const Hooks& hooks_;
    certstore::Slot slot_;
    certstore::PairPaths others_;  // configured for the other door
    Terms terms_;
    config::SelfSignedSettings self_signed_settings_;

    Served served_;
    config::TlsPolicy served_policy_ = config::TlsPolicy::intermediate;
    Source source_ = Source::self_signed;
    std::vector<certstore::Finding> findings_;
    std::vector<certstore::Finding> surroundings_;
    std::optional<certstore::Finding> not_remembered_;
    bool placed_refused_ = false;  // the operator's pair on disk, when it was looked at last
    std::int64_t activated_at_ = 0;
    Trigger activated_by_ = Trigger::start;
    std::optional<Cause> unfinished_;  // an activation that `finish` has to complete
    bool made_self_signed_ = false;    // the pair being served exists in memory only
    Settling settling_;
    Chronicle chronicle_;
};

}  // namespace gatehouse::credentials
