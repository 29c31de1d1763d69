// Opens the listening sockets at start. Blocking, on main's thread before the workers run; afterwards each socket
// belongs to one worker.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"

#include <cstddef>
#include <vector>

namespace gatehouse::net {

/// Listens on `address` with `copies` sockets that share the port (SO_REUSEPORT, one per worker), after having made
/// sure that nobody else holds it. [::] takes IPv4 too unless `with_ipv4` is false; without IPv6 on the machine it
/// means 0.0.0.0. Errors: unavailable/address_in_use (by whom, where it can be told), denied/address_denied,
/// unavailable/address_unavailable.
[[nodiscard]] base::Result<std::vector<base::Descriptor>> listen(const config::ListenAddress& address, bool with_ipv4,
                                                                 std::size_t copies);

/// Whether [::] takes IPv4 too: false where `all` lists 0.0.0.0 with the same port.
[[nodiscard]] bool takes_ipv4(const config::ListenAddress& address, const std::vector<config::ListenAddress>& all);

}  // namespace gatehouse::net
