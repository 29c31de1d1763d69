#include "certstore/anchors.hpp"

#include <openssl/err.h>

namespace gatehouse::certstore {

bool issued_by_known_anchor(X509* certificate) {
    using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;
    const StorePtr store(X509_STORE_new());
    const StoreContextPtr context(X509_STORE_CTX_new());
    X509_LOOKUP* folder = store ? X509_STORE_add_lookup(store.get(), X509_LOOKUP_hash_dir()) : nullptr;
    bool issued = false;
    if (folder != nullptr && context && X509_LOOKUP_add_dir(folder, nullptr, X509_FILETYPE_DEFAULT) == 1 &&
        X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr) == 1) {
        X509* found = nullptr;
        if (X509_STORE_CTX_get1_issuer(&found, context.get(), certificate) == 1) {
            const CertificatePtr anchor(found);
            EVP_PKEY* key = X509_get0_pubkey(found);
            issued = key != nullptr && X509_verify(certificate, key) == 1;
        }
    }
    ERR_clear_error();
    return issued;
}

}  // namespace gatehouse::certstore
