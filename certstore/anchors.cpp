#include "certstore/anchors.hpp"

#include <openssl/err.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace gatehouse::certstore {

bool look_up_known_anchors(X509_STORE* store) {
    X509_LOOKUP* folder = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    return folder != nullptr && X509_LOOKUP_add_dir(folder, nullptr, X509_FILETYPE_DEFAULT) == 1;
}

namespace {

struct CertificatesFree {
    void operator()(STACK_OF(X509) * certificates) const noexcept { sk_X509_pop_free(certificates, X509_free); }
};
using CertificatesPtr = std::unique_ptr<STACK_OF(X509), CertificatesFree>;

CertificatePtr find_anchor(X509* certificate) {
    using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;
    const StorePtr store(X509_STORE_new());
    const StoreContextPtr context(X509_STORE_CTX_new());
    CertificatePtr issuer;
    if (store && context && look_up_known_anchors(store.get()) &&
        X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr) == 1) {
        // All of that name: an authority that has changed its key is there twice.
        const CertificatesPtr found(X509_STORE_CTX_get1_certs(context.get(), X509_get_issuer_name(certificate)));
        for (int i = 0; i < sk_X509_num(found.get()) && !issuer; ++i) {
            X509* candidate = sk_X509_value(found.get(), i);
            EVP_PKEY* key = X509_get0_pubkey(candidate);
            if (key == nullptr || X509_verify(certificate, key) != 1) continue;
            X509_up_ref(candidate);
            issuer.reset(candidate);
        }
    }
    ERR_clear_error();
    return issuer;
}

// HHHHHHHH.N: a link by the hash of the subject, which is all that OpenSSL looks at.
bool is_hashed_name(std::string_view name) {
    constexpr std::size_t hash_length = 8;
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view hex_digits = "0123456789abcdef";
    return name.size() > hash_length + 1 && name[hash_length] == '.' &&
           name.substr(0, hash_length).find_first_not_of(hex_digits) == std::string_view::npos &&
           name.substr(hash_length + 1).find_first_not_of(digits) == std::string_view::npos;
}

}  // namespace

std::size_t count_known_anchors() {
    namespace fs = std::filesystem;
    const char* chosen = std::getenv(X509_get_default_cert_dir_env());  // NOLINT(concurrency-mt-unsafe): never set here
    std::string folders = chosen != nullptr ? chosen : X509_get_default_cert_dir();
    std::size_t count = 0;
    std::istringstream list(folders);
    for (std::string folder; std::getline(list, folder, ':');) {
        std::error_code error;  // a folder that is not there holds none
        for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
             entry.increment(error)) {
            if (is_hashed_name(entry->path().filename().string())) ++count;
        }
    }
    return count;
}

bool issued_by_known_anchor(X509* certificate) {
    return find_anchor(certificate) != nullptr;
}

std::optional<CertificateFacts> known_anchor_of(X509* certificate) {
    const CertificatePtr anchor = find_anchor(certificate);
    if (!anchor) return std::nullopt;
    return describe(anchor.get());
}

}  // namespace gatehouse::certstore
