// The name a door answers to: as configured, else the system's, qualified where it can be. Any thread but an I/O one:
// qualifying may ask the resolver.
#pragma once

#include <string>

namespace gatehouse::config {

/// `configured` in lower case; if empty the system's host name, fully qualified where getaddrinfo's canonical name says
/// so; "localhost" where there is none.
[[nodiscard]] std::string effective_hostname(const std::string& configured);

}  // namespace gatehouse::config
