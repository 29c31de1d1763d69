#include "records/keyed_digest.hpp"

#include "config/seal.hpp"
#include "records/text.hpp"

#include <sodium.h>

#include <stdexcept>
#include <string>

namespace gatehouse::records {

namespace {

base::Secret digest_key(const base::Secret& box_key, std::uint64_t number) {
    constexpr std::size_t shortest_box_key = 16;
    if (box_key.size() < shortest_box_key) throw std::invalid_argument("the key of the users' side is too short");
    return config::derived_key(config::main_key_of(box_key.reveal()), number, "ghusers_");
}

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

KeyedDigests::KeyedDigests(const base::Secret& box_key)
    : api_key_(digest_key(box_key, 1)), device_(digest_key(box_key, 2)) {}

Digest KeyedDigests::of_api_key(std::string_view key) const {
    Digest digest{};
    ::crypto_generichash(digest.data(), digest.size(), bytes(key), key.size(), bytes(api_key_.reveal()),
                         api_key_.size());
    return digest;
}

Digest KeyedDigests::of_device(std::string_view device_id, std::string_view secret) const {
    // No id has a NUL, so that no two pairs of id and secret are the same bytes.
    std::string id = lower_case(device_id);
    id.push_back('\0');
    Digest digest{};
    crypto_generichash_state state;
    ::crypto_generichash_init(&state, bytes(device_.reveal()), device_.size(), digest.size());
    ::crypto_generichash_update(&state, bytes(id), id.size());
    ::crypto_generichash_update(&state, bytes(secret), secret.size());
    ::crypto_generichash_final(&state, digest.data(), digest.size());
    ::sodium_memzero(&state, sizeof state);
    return digest;
}

}  // namespace gatehouse::records
