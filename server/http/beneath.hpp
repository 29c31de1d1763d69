// From the path of a request to an open file inside a folder, and never to one outside: neither "..", encodings nor
// links lead out, because the kernel (openat2) is told so; what the path says is judged before it is asked. No state;
// blocking as far as opening a local file is; any thread.
#pragma once

#include "base/files.hpp"
#include "base/result.hpp"
#include "server/http/response.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

inline constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

/// Path of a file relative to the folder, from the percent-encoded absolute path of a request, decoded once. "…/"
/// becomes "…/index.html". nullopt where no file may be meant: an invalid escape, %00, an encoded slash, an empty
/// segment, "." and "..", a name that begins with a dot (but /.well-known/ at the top). A backslash is a character like
/// others.
[[nodiscard]] std::optional<std::string> relative_path(std::string_view request_path);

/// How a file is opened: who keeps a path inside the folder.
enum class OpenBy {
    kernel,      ///< openat2: links are followed as long as they are relative and stay inside
    components,  ///< where openat2 is missing or forbidden: name by name, no link is followed
};
/// The best one that works here.
[[nodiscard]] OpenBy best_way_to_open(int folder);

struct OpenedFile {
    std::shared_ptr<const OpenFile> file;
    base::FileIdentity identity;
};
/// Opens a regular file for reading, never waiting for a FIFO or a terminal. `path` is relative, see relative_path.
/// Errors: not_found/not_found (also: no regular file, leads out), denied/forbidden, unavailable/too_many_files,
/// io/file_io.
[[nodiscard]] base::Result<OpenedFile> open_beneath(int folder, const std::string& path, OpenBy by);

/// fstat(2). Errors: io/file_io.
[[nodiscard]] base::Result<base::FileIdentity> identity_of(const OpenFile& file);

}  // namespace gatehouse::http
