// Bearer texts (session ids, API tokens): 256 random bits that are shown once, and the SHA-256 by which they are stored
// and found. Pure; any thread.
#pragma once

#include "base/secret.hpp"
#include "records/database.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace gatehouse::records {

/// SHA-256 of a bearer text. Guessing 256 random bits is hopeless, so nothing slower is needed.
using Digest = std::array<unsigned char, 32>;

/// For hashed containers: a digest is evenly spread already.
struct DigestHash {
    [[nodiscard]] std::size_t operator()(const Digest& digest) const noexcept;
};

/// `prefix` and 43 characters of base64url: 256 random bits.
[[nodiscard]] base::Secret random_bearer(std::string_view prefix);

[[nodiscard]] Digest digest_of(std::string_view bearer);

/// As a column holds it, and back (zeros where the column has another length, which no bearer text has).
[[nodiscard]] Bytes bytes_of(const Digest& digest);
[[nodiscard]] Digest digest_from(std::string_view column);

}  // namespace gatehouse::records
