#include "certstore/issue.hpp"

#include "base/days.hpp"
#include "certstore/certificate.hpp"
#include "certstore/names.hpp"
#include "certstore/pem.hpp"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, Free<ASN1_TIME_free>>;

constexpr std::size_t longest_common_name = 64;  // ub-common-name, RFC 5280 appendix A.1

tl::unexpected<base::Error> crypto_failure(std::string_view what) {
    return base::fail(ErrorKind::crypto, "issue_failed",
                      "A certificate could not be made: " + std::string(what) + ": " + drain_openssl_errors() + ".");
}

// An extension from OpenSSL's own notation; only ever called with constants.
bool add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
    const NumberPtr number(BN_new());
    return number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_validity(X509* certificate, const SelfSignedRequest& request) {
    const std::int64_t not_before = request.now - base::seconds_per_day;
    std::int64_t not_after = request.now + static_cast<std::int64_t>(request.days) * base::seconds_per_day;
    // The day lent to slow clocks must not push a certificate over the length that Apple's clients accept.
    if (request.days <= longest_days_of_apple) {
        not_after = std::min(not_after, not_before + longest_days_of_apple * base::seconds_per_day - 1);
    }
    const TimePtr from(ASN1_TIME_set(nullptr, not_before));
    const TimePtr to(ASN1_TIME_set(nullptr, not_after));
    return from && to && X509_set1_notBefore(certificate, from.get()) == 1 &&
           X509_set1_notAfter(certificate, to.get()) == 1;
}

bool set_subject(X509* certificate, const std::string& name) {
    X509_NAME* subject = X509_get_subject_name(certificate);
    const bool fits = name.size() <= longest_common_name;
    // Where the name does not fit the CN another attribute stands in: Java refuses a certificate whose issuer is empty.
    const std::string value = fits ? name : "Gatehouse";
    return X509_NAME_add_entry_by_NID(subject, fits ? NID_commonName : NID_organizationName, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1;
}

}  // namespace

base::Result<KeyPtr> generate_key(config::KeyType type) {
    KeyPtr key;
    switch (type) {
        case config::KeyType::ecdsa_p256:
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
            break;
        case config::KeyType::rsa_2048:
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
            break;
        case config::KeyType::rsa_3072:
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{3072}));
            break;
        case config::KeyType::rsa_4096:
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{4096}));
            break;
        case config::KeyType::ed25519:
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
            break;
    }
    if (!key) return crypto_failure("key");
    return key;
}

base::Result<IssuedPair> issue_self_signed(const SelfSignedRequest& request) {
    if (request.names.empty()) {
        return base::fail(ErrorKind::input, "name_invalid", "A certificate needs at least one name.");
    }
    const auto names = alternative_names(request.names);
    if (!names) return base::fail(names.error());
    const auto key = generate_key(request.key_type);
    if (!key) return base::fail(key.error());

    const CertificatePtr certificate(X509_new());
    X509* made = certificate.get();
    if (made == nullptr || X509_set_version(made, X509_VERSION_3) != 1 || !set_serial(made) ||
        !set_validity(made, request) || !set_subject(made, request.names.front()) ||
        X509_set_pubkey(made, key->get()) != 1) {
        return crypto_failure("fields");
    }
    if (X509_add1_ext_i2d(made, NID_subject_alt_name, names->get(), 0, X509V3_ADD_DEFAULT) != 1 ||
        !add_extension(made, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(made, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(made, NID_ext_key_usage, "serverAuth") ||
        !add_extension(made, NID_subject_key_identifier, "hash")) {
        return crypto_failure("extensions");
    }
    const EVP_MD* digest = request.key_type == config::KeyType::ed25519 ? nullptr : EVP_sha256();
    if (X509_sign(made, key->get(), digest) <= 0) return crypto_failure("signature");
    auto certificate_pem = to_pem(made);
    if (!certificate_pem) return base::fail(certificate_pem.error());
    auto key_pem = to_pem(key->get());
    if (!key_pem) return base::fail(key_pem.error());
    return IssuedPair{std::move(*certificate_pem), std::move(*key_pem)};
}

}  // namespace gatehouse::certstore
