// What is known of one door's credential at one moment: an immutable snapshot, made by the credentials thread for
// everyone who tells it (log, systemd, the facts page, later the admin door). Any thread.
#pragma once

#include "certstore/credential.hpp"
#include "certstore/findings.hpp"
#include "certstore/padlock.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::credentials {

/// Who asked for a run or a change. `clock`: the hourly look, that at a certificate's end, and retries.
enum class Trigger { start, sighup, watch, clock, api, console };
[[nodiscard]] std::string_view name(Trigger trigger);

/// Where the pair being served came from.
enum class Source { operator_pair, last_good, self_signed };
[[nodiscard]] std::string_view name(Source source);

enum class Outcome { activated, unchanged, refused };
[[nodiscard]] std::string_view name(Outcome outcome);

/// How the last run ended for this door.
struct LastReload {
    std::int64_t at = 0;  ///< Unix seconds
    Trigger trigger = Trigger::start;
    Outcome result = Outcome::activated;
    std::string code;                  ///< of the finding that refused it; else empty
    std::string message;               ///< a sentence
    std::string fingerprint_sha256{};  ///< what it was about; empty where that could not be read
    std::string change_id{};           ///< of the change that asked for it; else empty
    friend bool operator==(const LastReload&, const LastReload&) = default;
};

/// Whether it was the end of a change that somebody asked for, which has been told how it ended.
[[nodiscard]] inline bool asked_for(const LastReload& reload) {
    return reload.trigger == Trigger::api || reload.trigger == Trigger::console;
}

struct DoorStatus {
    config::Interface interface = config::Interface::clean;
    std::string hostname;
    Source source = Source::self_signed;
    certstore::CertificateFacts certificate;
    bool operators_placed = false;  ///< a pair of the operator's lies at the configured place, served or not
    std::optional<certstore::CertificateFacts> anchor;  ///< known to this machine, which issued the chain's last
    certstore::CredentialPtr credential;                ///< what is served; never null
    std::int64_t activated_at = 0;                      ///< Unix seconds
    Trigger activated_by = Trigger::start;
    std::vector<certstore::Finding> findings;  ///< of the pair being served, and of the door's surroundings
    LastReload last_reload;
    std::vector<LastReload> reloads;  ///< the last ten that ended in a change or a refusal, newest first
    std::optional<certstore::CertificateFacts> previous;  ///< what a roll-back would serve
    std::string pending_request;  ///< PEM of the signing request that waits for its certificate; empty: none
};

/// What a person is shown of the door before a browser says it.
[[nodiscard]] certstore::Padlock padlock_of(const DoorStatus& status);

/// One line for STATUS=: source, days left, findings' codes, and a refusal in words.
[[nodiscard]] std::string summary(const DoorStatus& status, std::int64_t now);

}  // namespace gatehouse::credentials
