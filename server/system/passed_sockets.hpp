// The listening sockets that systemd hands over (sd_listen_fds(3)), by door. Read once, at the very start of main
// before any thread exists, because it takes the variables out of the environment.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"

#include <string>
#include <vector>

namespace gatehouse::system {

/// A bound, listening TCP socket: close-on-exec and non-blocking. The address is what it is really bound to.
struct PassedSocket {
    base::Descriptor descriptor;
    config::ListenAddress address;
};

using PassedSockets = config::PerInterface<std::vector<PassedSocket>>;

/// The sockets named `clean` and `admin` (FileDescriptorName=); none for a door without. Errors, all of kind input:
/// passed_socket_unknown (another name), passed_socket_unfit (not a listening TCP socket), passed_sockets_invalid
/// (LISTEN_PID, LISTEN_FDS or LISTEN_FDNAMES make no sense). After an error all passed descriptors are closed.
[[nodiscard]] base::Result<PassedSockets> passed_sockets();

/// A sentence for each door whose passed sockets, which are the ones used, are not what its `listen` says.
[[nodiscard]] std::vector<std::string> disagreements(const PassedSockets& passed, const config::Settings& settings);

}  // namespace gatehouse::system
