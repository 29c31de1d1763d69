// What opening something encrypted with a passphrase takes: OpenSSL's algorithms, old ones included, a bound on the
// work that a file may ask for, and what a failure means. Stateless but for Algorithms, which is the caller's; any
// thread, slow by design (key derivation).
#pragma once

#include "certstore/openssl.hpp"

#include <openssl/provider.h>

#include <string>
#include <string_view>

namespace gatehouse::certstore {

/// OpenSSL's algorithms, old ones (DES, RC2, PBES1 and PKCS#12 schemes) through its legacy provider, in a library
/// context of their own: the process's own never learns them. Nothing made in it may outlive it.
class Algorithms {
public:
    Algorithms();
    [[nodiscard]] OSSL_LIB_CTX* get() const { return library_.get(); }
    /// False: this machine has no legacy provider.
    [[nodiscard]] bool knows_old() const { return legacy_ != nullptr; }

private:
    // In this order: providers are unloaded before the context goes.
    std::unique_ptr<OSSL_LIB_CTX, Free<OSSL_LIB_CTX_free>> library_;
    std::unique_ptr<OSSL_PROVIDER, Free<OSSL_PROVIDER_unload>> current_;
    std::unique_ptr<OSSL_PROVIDER, Free<OSSL_PROVIDER_unload>> legacy_;
};

/// Whether deriving a key by this algorithm, or with this count, costs what a passphrase may cost. What cannot be
/// decoded is left to OpenSSL to refuse.
[[nodiscard]] bool affordable(const X509_ALGOR* algorithm);
[[nodiscard]] bool affordable(const ASN1_INTEGER* iterations);

/// What people call the algorithm.
[[nodiscard]] std::string scheme_name(const X509_ALGOR* algorithm);

/// Empties the error queue; whether it says that an algorithm is unknown, rather than that a passphrase is wrong.
[[nodiscard]] bool queue_says_unsupported();

/// A passphrase without the newline that an editor leaves behind.
[[nodiscard]] std::string_view without_newline(std::string_view passphrase);

}  // namespace gatehouse::certstore
