// The three checksums by which a sample is known, computed while its bytes come. A value; one thread at a time.
#pragma once

#include "base/result.hpp"
#include "certstore/openssl.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::samples {

/// A sample's bytes, told by their checksums (lower-case hex) and how many they are.
struct Content {
    std::string sha256;
    std::string sha1;
    std::string md5;
    std::uint64_t size = 0;
    friend bool operator==(const Content&, const Content&) = default;
};

/// 64 characters of [0-9a-f].
[[nodiscard]] bool is_sha256(std::string_view text);

class ContentDigest {
public:
    /// Errors: crypto/digest_failed where OpenSSL does not offer one of the three (MD5 in its FIPS mode).
    [[nodiscard]] static base::Result<ContentDigest> begin();

    [[nodiscard]] base::Result<void> add(std::string_view bytes);
    /// Of all bytes that were added; call it once, and nothing after it.
    [[nodiscard]] base::Result<Content> finish();

private:
    ContentDigest() = default;

    using ContextPtr = std::unique_ptr<EVP_MD_CTX, certstore::Free<EVP_MD_CTX_free>>;
    std::array<ContextPtr, 3> contexts_;  // SHA-256, SHA-1, MD5
    std::uint64_t size_ = 0;
};

}  // namespace gatehouse::samples
