// The portals' pages, as the build put them into the binary: a table of files, each as it is and compressed. Constant
// data without an owner; any thread.
#pragma once

#include <span>
#include <string_view>

namespace gatehouse::portal {

struct Asset {
    std::string_view path;          ///< "/" for the page itself, else "/assets/NAME"
    std::string_view content_type;  ///< with its charset
    /// 32 hex digits of the SHA-256 of `raw`. Each encoding is a representation of its own and needs a tag of its own:
    /// append "-gz" or "-br"; the quotes are the caller's too.
    std::string_view etag;
    std::string_view raw;
    std::string_view gzip;    ///< empty where it would not be smaller
    std::string_view brotli;  ///< the same
    /// The name holds a digest of the content, so it may be cached for ever. "/" must be asked for each time.
    bool immutable = false;
};

/// What the admin door serves without identity: its page and everything that the page fetches. In the order of paths.
[[nodiscard]] std::span<const Asset> admin_assets();

/// The same of the clean door.
[[nodiscard]] std::span<const Asset> clean_assets();

}  // namespace gatehouse::portal
