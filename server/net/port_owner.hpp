// Who holds a TCP port: for the one error message where it saves the operator a search. Reads /proc: blocks; main's
// thread, at start only.
#pragma once

#include <cstdint>
#include <string>

namespace gatehouse::net {

/// "nginx (pid 812)", or empty where it cannot be told (another user's process, no /proc).
[[nodiscard]] std::string port_owner(std::uint16_t port);

}  // namespace gatehouse::net
