// The form in which clients of /api/v2 and /api/v3 get what they asked for, and what is refused. Pure; any thread.
#pragma once

#include "server/http/answers.hpp"
#include "server/http/router.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::clean {

using http::Json;

/// 2 or 3 for a path of the public API, 0 for all others.
[[nodiscard]] unsigned api_version(std::string_view path);

/// {"api_version","id","data"}.
[[nodiscard]] http::Response enveloped(const http::Request& request, const Json& data, unsigned status = 200);

/// Which part of how many entries a list is.
struct Extent {
    std::uint64_t index = 0;  ///< of its first entry, among all
    std::uint64_t total = 0;
    std::uint64_t items_per_page = 0;
    std::chrono::milliseconds took{};
};
/// A list as it stands in `data`; past the end `items` is empty.
[[nodiscard]] Json page_of(const Extent& extent, Json items);

/// Makes the error of a problem document that was about to answer a path of the public API: see http::Dress.
void dress_refusal(const http::Request& request, http::Response& response);

}  // namespace gatehouse::clean
