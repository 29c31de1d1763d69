// What is known of one door's credential at one moment: an immutable snapshot, made by the credentials thread for
// everyone who tells it (log, systemd, the facts page, later the admin door). Any thread.
#pragma once

#include "certstore/credential.hpp"
#include "certstore/findings.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::credentials {

/// Who asked for a run. `clock`: the hourly look, and retries.
enum class Trigger { start, sighup, watch, clock };
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
    std::string code;     ///< of the finding that refused it; else empty
    std::string message;  ///< a sentence
};

struct DoorStatus {
    config::Interface interface = config::Interface::clean;
    std::string hostname;
    Source source = Source::self_signed;
    certstore::CertificateFacts certificate;
    std::vector<certstore::Finding> findings;  ///< of the pair being served, and of the door's surroundings
    LastReload last_reload;
};

/// One line for STATUS=: source, days left, findings' codes, and a refusal in words.
[[nodiscard]] std::string summary(const DoorStatus& status, std::int64_t now);

}  // namespace gatehouse::credentials
