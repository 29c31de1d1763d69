// Opens what both doors listen on: the sockets that systemd passed, else one per configured address and worker.
// Stateless; before the workers' threads run.
#pragma once

#include "base/log.hpp"
#include "config/settings.hpp"
#include "server/system/passed_sockets.hpp"
#include "server/workers.hpp"

#include <vector>

namespace gatehouse::server {

/// Gives the workers the doors' listening sockets. What each door really listens on. Errors: those of net::listen and
/// of sharing a passed socket.
[[nodiscard]] base::Result<config::PerInterface<std::vector<config::ListenAddress>>> open_doors(
    Workers& workers, const config::Settings& settings, system::PassedSockets passed, base::Log& log);

/// The same for the plain-HTTP addresses that redirect to the doors.
[[nodiscard]] base::Result<void> open_redirects(Workers& workers, const config::Settings& settings);

}  // namespace gatehouse::server
