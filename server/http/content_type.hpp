// Content-Type of a file by the ending of its name. Pure; any thread.
#pragma once

#include <string_view>

namespace gatehouse::http {

/// Without regard to case; "application/octet-stream" for an unknown or missing ending. Text is said to be UTF-8.
[[nodiscard]] std::string_view content_type(std::string_view file_name);

}  // namespace gatehouse::http
