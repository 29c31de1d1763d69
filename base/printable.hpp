// Text made safe to be shown: what came from outside (a certificate's subject, a name tried at sign-in) must not move a
// terminal's cursor or forge a line. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::base {

/// `text` on one line: control characters, other line breaks, direction marks and broken UTF-8 appear as \n, \xHH or
/// \u{HHHH}. With `in_quotes` a double quote and a backslash get a backslash too.
[[nodiscard]] std::string printable(std::string_view text, bool in_quotes = false);

}  // namespace gatehouse::base
