// Text in a page of HTML: shown as it is, whoever wrote it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::http {

/// `text` for the content of an element, or for an attribute's value in quotes of either kind.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace gatehouse::http
