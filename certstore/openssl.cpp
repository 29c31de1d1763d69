#include "certstore/openssl.hpp"

#include "base/hex.hpp"

#include <openssl/err.h>
#include <openssl/sha.h>

#include <array>

namespace gatehouse::certstore {

namespace {

// i2d functions answer a length below 0 on failure; the buffer belongs to OpenSSL's allocator.
std::string digest_of_der(unsigned char* der, int size) {
    if (size < 0 || der == nullptr) {
        ERR_clear_error();
        return {};
    }
    std::string digest = sha256_hex(std::string_view(reinterpret_cast<const char*>(der), static_cast<size_t>(size)));
    OPENSSL_free(der);
    return digest;
}

}  // namespace

std::string drain_openssl_errors() {
    std::string words;
    const char* data = nullptr;
    int flags = 0;
    while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
        std::array<char, 256> line{};
        const char* reason = ERR_reason_error_string(code);
        if (reason == nullptr) {
            ERR_error_string_n(code, line.data(), line.size());
            reason = line.data();
        }
        if (!words.empty()) words += "; ";
        words += reason;
        // Data may quote names and algorithms, never keys or passphrases.
        if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') words += " (" + std::string(data) + ")";
    }
    return words;
}

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    size_t size = digest.size();
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), digest.data(), &size) != 1) {
        ERR_clear_error();
        return {};
    }
    return base::to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

std::string sha256_hex(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    return digest_of_der(der, size);
}

std::string sha256_hex(EVP_PKEY* public_key) {
    unsigned char* der = nullptr;
    const int size = public_key == nullptr ? -1 : i2d_PUBKEY(public_key, &der);
    return digest_of_der(der, size);
}

std::string public_key_sha256_hex(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    return digest_of_der(der, size);
}

}  // namespace gatehouse::certstore
