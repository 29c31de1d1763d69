// What the admin door's rooms work with: references to what the office owns, and to what the appliance hands to it; all
// of it outlives every route. Owned by Office, and filled in on the control thread before a route serves; handlers read
// it on their own threads.
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/shared.hpp"
#include "config/choices.hpp"
#include "server/admin/identities.hpp"
#include "server/admin/retrievals.hpp"
#include "server/archive/archive.hpp"
#include "server/archive/guarded_throttle.hpp"
#include "server/archive/refusals.hpp"
#include "server/credentials/board.hpp"
#include "server/credentials/credentials.hpp"
#include "server/http/event_hub.hpp"
#include "server/http/traffic.hpp"
#include "server/net/networks.hpp"
#include "server/net/pace.hpp"
#include "server/net/trust.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::admin {

/// What is served at one door beside its certificate, as the appliance knows it now.
struct DoorFacts {
    std::vector<std::string> listen;    ///< ADDRESS:PORT
    std::vector<std::string> redirect;  ///< ADDRESS:PORT
    config::TlsPolicy policy = config::TlsPolicy::intermediate;
    bool hostname_by_file = false;
    bool hostname_chosen = false;
    bool policy_by_file = false;
    bool legacy_tls = false;
    unsigned warning_days = 0;  ///< the most of `expiry_days`: from then on people are told that the certificate ends
};

/// Something that is wrong with the box as a whole, not with the certificate of a door.
struct Trouble {
    std::string code;     ///< fixed: docs/api/admin.yaml
    std::string message;  ///< what happened, to which file or field, and what does not work because of it
    std::string advice;   ///< what to do; may be empty
    std::string brief;    ///< for the status line
};

/// How often the path by which a certificate gets served ended so since the start; written by the control thread.
struct RunCounts {
    http::Count activated;
    http::Count unchanged;
    http::Count refused;
};

/// How a reload that somebody waits for ended.
struct Reloaded {
    std::vector<base::Error> refused;  ///< the configuration's errors; empty: it is in force
    std::vector<std::string> needs_restart;
};

struct Services {
    base::Log& log;
    base::FileSystem& files;
    std::filesystem::path state_directory{};
    credentials::Credentials& credentials;
    const credentials::Board& board;
    http::EventHub& events;
    archive::Archive* archive = nullptr;  ///< null: the database could not be opened; then nobody can sign in
    net::Pool& hashing;                   ///< of passwords: few at once, because each takes 19 MiB
    net::Pool& unpacking;                 ///< of uploads: keys are derived from their passphrases
    net::Pool& key_making;                ///< takes seconds for RSA, which no sign-in should wait for
    Identities& identities;
    net::Pace& sign_in_pace;      ///< of who only reads and signs in rightly, again and again: each is a record
    net::Pace& change_pace;       ///< of who only reads, but for what is their own
    archive::Refusals& refusals;  ///< of sign-ins
    archive::Refusals& change_refusals;
    archive::GuardedThrottle& sign_in_throttle;
    archive::GuardedThrottle& recheck_throttle;  ///< of who is signed in and is asked for the password or a code again
    base::Secret sealing_key{};                  ///< of second factors
    std::optional<base::Error> sealing_trouble{};  ///< why that key is of no use
    records::SessionLimits session_limits;
    std::chrono::system_clock::time_point started;
    /// Any thread.
    std::function<DoorFacts(config::Interface)> door_facts;
    /// The gravest first. Any thread.
    std::function<std::vector<Trouble>()> troubles;
    std::function<std::vector<const http::Traffic*>(config::Interface)> traffic;  ///< one for each worker
    const config::PerInterface<RunCounts>& runs;
    /// What operators chose, set on the archive's thread when it is kept.
    base::Shared<config::Choices>& choices;
    /// Brings the choices as they are now into force; `done` is called on some thread when the doors follow them.
    std::function<void(std::function<void()> done)> apply_choices;
    /// Asks for what SIGHUP does; `done` is called on some thread when its result is known.
    std::function<void(std::function<void(Reloaded)> done)> reload;
    net::Trust& trust;
    net::Networks& networks;
    Retrievals& retrievals;
};

}  // namespace gatehouse::admin
