// What happened to one door's credential: each event is logged once, and the last ten are kept for whoever asks. Owned
// by Door, used on the credentials thread.
#pragma once

#include "base/log.hpp"
#include "server/credentials/examine.hpp"
#include "server/credentials/status.hpp"

#include <deque>
#include <string>
#include <vector>

namespace gatehouse::credentials {

/// Why something happens to a door's credential.
struct Cause {
    Trigger trigger = Trigger::watch;
    std::string change_id{};  ///< of the operator's change; empty: nobody asked for it by one
};

class Chronicle {
public:
    Chronicle(config::Interface interface, base::Log& log) : interface_(interface), log_(log) {}

    /// The credential is served from now on. At start one that stands in for the operator's does not undo that refusal.
    void activated(const certstore::Credential& credential, Source source,
                   const std::vector<certstore::Finding>& findings, const Cause& cause);
    /// The pair on disk is the one being served.
    void unchanged(const certstore::Credential& credential, Trigger trigger);
    /// The pair was refused. `placed`: identities of the files at the configured place; the same refusal of the same
    /// files is told once, and once to the clock whatever the files.
    void refused(const Examined& examined, std::string placed, const Cause& cause);

    [[nodiscard]] const LastReload& last() const { return last_; }
    /// Those that ended in a change or a refusal, newest first, at most ten.
    [[nodiscard]] std::vector<LastReload> all() const { return {reloads_.begin(), reloads_.end()}; }

private:
    void keep(LastReload reload);

    config::Interface interface_;
    base::Log& log_;
    LastReload last_;
    std::deque<LastReload> reloads_;
    std::string told_identities_;  // of the files whose refusal was told, to say it once
};

}  // namespace gatehouse::credentials
