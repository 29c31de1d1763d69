// SHA-1 and HMAC-SHA-1, which one-time codes (RFC 4226) are made of and nothing else may use: as a digest SHA-1 is
// broken, in HMAC it is not. Here because libsodium has none. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gatehouse::records {

using Sha1 = std::array<std::uint8_t, 20>;

/// FIPS 180-4.
[[nodiscard]] Sha1 sha1(std::string_view message);

/// RFC 2104.
[[nodiscard]] Sha1 hmac_sha1(std::string_view key, std::string_view message);

}  // namespace gatehouse::records
