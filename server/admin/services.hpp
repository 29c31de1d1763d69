// What the admin door's rooms work with: references to what the appliance owns, which outlives every route.
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/shared.hpp"
#include "config/choices.hpp"
#include "server/admin/identities.hpp"
#include "server/admin/retrievals.hpp"
#include "server/credentials/board.hpp"
#include "server/credentials/credentials.hpp"
#include "server/http/event_hub.hpp"
#include "server/http/traffic.hpp"
#include "server/net/archive.hpp"
#include "server/net/guarded_throttle.hpp"
#include "server/net/networks.hpp"
#include "server/net/refusals.hpp"
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
    net::Archive* archive = nullptr;  ///< null: the database could not be opened; then nobody can sign in
    net::Pool& hashing;               ///< of passwords: few at once, because each takes 19 MiB
    net::Pool& unpacking;             ///< of uploads: keys are derived from their passphrases
    net::Pool& key_making;            ///< takes seconds for RSA, which no sign-in should wait for
    Identities& identities;
    net::Refusals& refusals;
    net::GuardedThrottle& sign_in_throttle;
    net::GuardedThrottle& recheck_throttle;  ///< of who is signed in and is asked for the password or a code again
    base::Secret sealing_key{};              ///< of second factors
    std::optional<base::Error> sealing_trouble{};  ///< why that key is of no use
    records::SessionLimits session_limits;
    std::chrono::system_clock::time_point started;
    /// Any thread.
    std::function<DoorFacts(config::Interface)> door_facts;
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
