// The text by which somebody names a host to call, checked before anybody is asked. Pure; any thread.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace gatehouse::net {

/// As it is asked for: lower case, without the dot at its end; an IP address as it is. Underscores are taken, since
/// many networks have them. Errors: input/name_invalid, which quotes the text and says what is wrong with it.
[[nodiscard]] base::Result<std::string> host_name(std::string_view text);

/// Whether such a name means this very machine without asking anybody (RFC 6761, 6.3).
[[nodiscard]] bool is_localhost(std::string_view name);

}  // namespace gatehouse::net
