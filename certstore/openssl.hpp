// Ownership of OpenSSL's objects, and its error queue turned into an Error. Any thread.
#pragma once

#include "base/result.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::certstore {

/// Text as OpenSSL's functions take it.
[[nodiscard]] inline const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// unique_ptr with the OpenSSL free function and nothing else.
template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* object) const noexcept {
        free_function(object);
    }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Free<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free_all>>;
using SslPtr = std::unique_ptr<SSL, Free<SSL_free>>;
/// Shared: each TLS connection holds its context through OpenSSL's own count, each worker through this one.
using SslContextPtr = std::shared_ptr<SSL_CTX>;

/// Empties OpenSSL's error queue into words ("" when it was empty). To be called where the failing call was made.
[[nodiscard]] std::string drain_openssl_errors();

/// SHA-256 of the bytes as lower-case hex.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
/// SHA-256 of a certificate's DER, or of a key's SubjectPublicKeyInfo; "" for an object that cannot be encoded.
[[nodiscard]] std::string sha256_hex(X509* certificate);
[[nodiscard]] std::string sha256_hex(EVP_PKEY* public_key);
/// The same of a certificate's public key, as it stands there: no encoder has to be found, which costs a millisecond.
[[nodiscard]] std::string public_key_sha256_hex(X509* certificate);

}  // namespace gatehouse::certstore
