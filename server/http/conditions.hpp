// What of a file a GET or HEAD is to be given: conditional requests and ranges (RFC 9110 sections 13 and 14). Pure; any
// thread.
#pragma once

#include "server/http/request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

/// What tells one state of a file from another to a client.
struct Validators {
    std::string etag;  ///< with its quotes, and W/ where it is weak
    /// Last-Modified, seconds since the epoch. nullopt: there is none, and conditions on it are ignored.
    std::optional<std::int64_t> modified;
    [[nodiscard]] bool weak() const { return etag.starts_with("W/"); }
};

enum class Selected {
    whole,                ///< 200
    part,                 ///< 206
    not_modified,         ///< 304
    precondition_failed,  ///< 412
    unsatisfiable,        ///< 416
};

struct Selection {
    Selected what = Selected::whole;
    std::uint64_t offset = 0;  ///< of `part`
    std::uint64_t size = 0;    ///< of `part`
};

/// Judges If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since, If-Range and Range in the order of RFC 9110
/// section 13.2.2. Fields that can't be read are ignored. Ranges are for GET alone (section 14.2); several at once get
/// the whole file, which section 14.2 allows: they are rare, and a cheap way to make a server work.
[[nodiscard]] Selection select(const Request& request, const Validators& validators, std::uint64_t size);

}  // namespace gatehouse::http
