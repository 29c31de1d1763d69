#include "records/digest.hpp"

#include <sodium.h>

#include <cstring>

namespace gatehouse::records {

std::size_t DigestHash::operator()(const Digest& digest) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

base::Secret random_bearer(std::string_view prefix) {
    constexpr std::size_t random_bytes = 32;
    constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    base::Secret random(random_bytes);
    ::randombytes_buf(random.writable(), random.size());
    const std::size_t room = sodium_base64_ENCODED_LEN(random_bytes, variant);  // with the closing NUL
    base::Secret bearer(prefix.size() + room);
    std::memcpy(bearer.writable(), prefix.data(), prefix.size());
    ::sodium_bin2base64(bearer.writable() + prefix.size(), room,
                        reinterpret_cast<const unsigned char*>(random.reveal().data()), random.size(), variant);
    bearer.shrink(prefix.size() + room - 1);
    return bearer;
}

Digest digest_of(std::string_view bearer) {
    static_assert(std::tuple_size_v<Digest> == crypto_hash_sha256_BYTES);
    Digest digest{};
    ::crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bearer.data()), bearer.size());
    return digest;
}

Bytes bytes_of(const Digest& digest) {
    return {{reinterpret_cast<const char*>(digest.data()), digest.size()}};
}

Digest digest_from(std::string_view column) {
    Digest digest{};
    if (column.size() == digest.size()) std::memcpy(digest.data(), column.data(), digest.size());
    return digest;
}

}  // namespace gatehouse::records
