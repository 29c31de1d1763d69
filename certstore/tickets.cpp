#include "certstore/tickets.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>

namespace gatehouse::certstore {

namespace {

constexpr std::size_t name_bytes = 16;
constexpr std::size_t hmac_bytes = 32;
constexpr std::size_t aes_bytes = 32;
constexpr std::size_t iv_bytes = 16;

// What the callback's results mean (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)).
constexpr int ticket_failed = -1;
constexpr int ticket_unknown = 0;
constexpr int ticket_good = 1;
constexpr int ticket_good_but_renew = 2;

// What a context needs for its tickets. The cipher is fetched once: a fetch per handshake shows in profiles.
struct Sealing {
    TicketKeys keys;
    std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>> cipher;
};

extern "C" void free_sealing(void* /*parent*/, void* pointer, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/,
                             void* /*argp*/) {
    const std::unique_ptr<Sealing> owned(static_cast<Sealing*>(pointer));
}

int sealing_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_sealing);
    return index;
}

const unsigned char* part(const TicketKey& key, std::size_t offset) {
    return reinterpret_cast<const unsigned char*>(key.bytes.reveal().data()) + offset;
}

bool set_mac(EVP_MAC_CTX* mac, const TicketKey& key) {
    // OSSL_PARAM takes pointers to non-const; neither the key nor the digest's name is written to.
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(part(key, name_bytes)),
                                          hmac_bytes),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

int seal(const Sealing& sealing, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    const TicketKey& key = *sealing.keys.current;
    if (RAND_bytes(iv, iv_bytes) != 1) return ticket_failed;
    std::memcpy(name, part(key, 0), name_bytes);
    const auto* aes = part(key, name_bytes + hmac_bytes);
    const bool ready = EVP_EncryptInit_ex2(cipher, sealing.cipher.get(), aes, iv, nullptr) == 1 && set_mac(mac, key);
    return ready ? ticket_good : ticket_failed;
}

int open(const Sealing& sealing, const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
         EVP_MAC_CTX* mac, bool tls_1_3) {
    for (const TicketKey* key : {sealing.keys.current.get(), sealing.keys.former.get()}) {
        if (key == nullptr || std::memcmp(name, part(*key, 0), name_bytes) != 0) continue;
        const auto* aes = part(*key, name_bytes + hmac_bytes);
        if (EVP_DecryptInit_ex2(cipher, sealing.cipher.get(), aes, iv, nullptr) != 1 || !set_mac(mac, *key)) {
            return ticket_failed;
        }
        // A TLS 1.3 client uses a ticket once (RFC 8446 appendix C.4), so it must get a new one each time.
        return tls_1_3 || key != sealing.keys.current.get() ? ticket_good_but_renew : ticket_good;
    }
    return ticket_unknown;
}

extern "C" int ticket_callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                               EVP_MAC_CTX* mac, int sealing_new) {
    const auto* sealing = static_cast<const Sealing*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), sealing_index()));
    if (sealing == nullptr) return ticket_failed;
    if (sealing_new != 0) return seal(*sealing, name, iv, cipher, mac);
    return open(*sealing, name, iv, cipher, mac, SSL_version(ssl) >= TLS1_3_VERSION);
}

}  // namespace

base::Result<std::shared_ptr<const TicketKey>> TicketKey::generate() {
    base::Secret bytes(name_bytes + hmac_bytes + aes_bytes);
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.writable()), static_cast<int>(bytes.size())) != 1) {
        return base::fail(base::ErrorKind::crypto, "random_failed",
                          "OpenSSL gave no random bytes for a ticket key: " + drain_openssl_errors() + ".");
    }
    return std::make_shared<const TicketKey>(TicketKey{std::move(bytes)});
}

bool seal_tickets_with(SSL_CTX* context, const TicketKeys& tickets) {
    auto sealing = std::make_unique<Sealing>();
    sealing->keys = tickets;
    sealing->cipher.reset(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
    if (!tickets.current || !sealing->cipher || SSL_CTX_set_ex_data(context, sealing_index(), sealing.get()) != 1) {
        return false;
    }
    static_cast<void>(sealing.release());  // the context has it now; free_sealing releases it
    return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_callback) == 1;
}

}  // namespace gatehouse::certstore
