#include "config/seal.hpp"

#include <sodium.h>

namespace gatehouse::config {

namespace {

using base::Secret;

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(seal_key_size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(seal_key_size == crypto_kdf_KEYBYTES && crypto_kdf_KEYBYTES == crypto_generichash_BYTES);

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(char* text) {
    return reinterpret_cast<unsigned char*>(text);
}

}  // namespace

base::Secret random_seal_key() {
    base::Secret key(seal_key_size);
    ::randombytes_buf(key.writable(), key.size());
    return key;
}

std::string seal(std::string_view plain, std::string_view label, const Secret& key) {
    std::string out(nonce_size + plain.size() + tag_size, '\0');
    ::randombytes_buf(out.data(), nonce_size);
    ::crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(out.data() + nonce_size), nullptr, bytes(plain), plain.size(),
                                                 bytes(label), label.size(), nullptr, bytes(std::string_view(out)),
                                                 bytes(key.reveal()));
    return out;
}

std::optional<Secret> unseal(std::string_view sealed, std::string_view label, const Secret& key) {
    if (sealed.size() < nonce_size + tag_size) return std::nullopt;
    Secret plain(sealed.size() - nonce_size - tag_size);
    const std::string_view body = sealed.substr(nonce_size);
    if (::crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(plain.writable()), nullptr, nullptr, bytes(body),
                                                     body.size(), bytes(label), label.size(), bytes(sealed),
                                                     bytes(key.reveal())) != 0) {
        return std::nullopt;
    }
    return plain;
}

Secret main_key_of(std::string_view text) {
    Secret key(seal_key_size);
    ::crypto_generichash(bytes(key.writable()), key.size(), bytes(text), text.size(), nullptr, 0);
    return key;
}

Secret derived_key(const Secret& main_key, std::uint64_t number, const char (&context)[9]) {
    static_assert(sizeof context == crypto_kdf_CONTEXTBYTES + 1);
    Secret key(seal_key_size);
    ::crypto_kdf_derive_from_key(bytes(key.writable()), key.size(), number, context, bytes(main_key.reveal()));
    return key;
}

}  // namespace gatehouse::config
