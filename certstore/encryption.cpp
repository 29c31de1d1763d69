#include "certstore/encryption.hpp"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>

namespace gatehouse::certstore {

namespace {

using Pbes1Ptr = std::unique_ptr<PBEPARAM, Free<PBEPARAM_free>>;
using Pbes2Ptr = std::unique_ptr<PBE2PARAM, Free<PBE2PARAM_free>>;
using Pbkdf2Ptr = std::unique_ptr<PBKDF2PARAM, Free<PBKDF2PARAM_free>>;
using ScryptPtr = std::unique_ptr<SCRYPT_PARAMS, Free<SCRYPT_PARAMS_free>>;

// A file decides how much work its passphrase costs; beyond these nobody's tool goes, and the caller waits.
constexpr std::int64_t most_iterations = 2'000'000;
constexpr std::uint64_t most_scrypt_work = std::uint64_t{1} << 24U;  // N * r * p; OpenSSL's default is 2^17

}  // namespace

Algorithms::Algorithms()
    : library_(OSSL_LIB_CTX_new()),
      current_(OSSL_PROVIDER_load(library_.get(), "default")),
      legacy_(OSSL_PROVIDER_load(library_.get(), "legacy")) {
    ERR_clear_error();  // a missing legacy.so shows when something needs it
}

bool affordable(const ASN1_INTEGER* iterations) {
    std::int64_t value = 0;
    return ASN1_INTEGER_get_int64(&value, iterations) == 1 && value <= most_iterations;
}

bool affordable(const X509_ALGOR* algorithm) {
    const ASN1_OBJECT* object = nullptr;
    const void* value = nullptr;
    int type = 0;
    X509_ALGOR_get0(&object, &type, &value, algorithm);
    if (OBJ_obj2nid(object) != NID_pbes2) {
        const Pbes1Ptr pbes1(
            static_cast<PBEPARAM*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter)));
        return !pbes1 || affordable(pbes1->iter);
    }
    const Pbes2Ptr pbes2(
        static_cast<PBE2PARAM*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter)));
    if (!pbes2) return true;
    const ASN1_TYPE* parameter = pbes2->keyfunc->parameter;
    if (OBJ_obj2nid(pbes2->keyfunc->algorithm) == NID_id_scrypt) {
        const ScryptPtr scrypt(
            static_cast<SCRYPT_PARAMS*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), parameter)));
        std::uint64_t n = 0;
        std::uint64_t r = 0;
        std::uint64_t p = 0;
        if (!scrypt || ASN1_INTEGER_get_uint64(&n, scrypt->costParameter) != 1 ||
            ASN1_INTEGER_get_uint64(&r, scrypt->blockSize) != 1 ||
            ASN1_INTEGER_get_uint64(&p, scrypt->parallelizationParameter) != 1) {
            return true;
        }
        return n > 0 && r > 0 && p > 0 && n <= most_scrypt_work && r <= most_scrypt_work / n &&
               p <= most_scrypt_work / n / r;
    }
    const Pbkdf2Ptr pbkdf2(
        static_cast<PBKDF2PARAM*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), parameter)));
    return !pbkdf2 || affordable(pbkdf2->iter);
}

std::string scheme_name(const X509_ALGOR* algorithm) {
    std::array<char, 80> text{};
    OBJ_obj2txt(text.data(), static_cast<int>(text.size()), algorithm->algorithm, 0);
    return text.data();
}

bool queue_says_unsupported() {
    bool unsupported = false;
    while (const unsigned long code = ERR_get_error()) {
        const int reason = ERR_GET_REASON(code);
        const int library = ERR_GET_LIB(code);
        unsupported = unsupported || reason == ERR_R_UNSUPPORTED ||
                      (library == ERR_LIB_EVP &&
                       (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNSUPPORTED_CIPHER ||
                        reason == EVP_R_UNKNOWN_CIPHER || reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
                        reason == EVP_R_UNSUPPORTED_PRF || reason == EVP_R_UNSUPPORTED_SALT_TYPE ||
                        reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION || reason == EVP_R_UNKNOWN_DIGEST ||
                        reason == EVP_R_UNSUPPORTED_KEYLENGTH || reason == EVP_R_MEMORY_LIMIT_EXCEEDED ||
                        reason == EVP_R_PBKDF2_ERROR || reason == EVP_R_DECODE_ERROR));
    }
    return unsupported;
}

std::string_view without_newline(std::string_view passphrase) {
    if (!passphrase.ends_with('\n')) return passphrase;
    passphrase.remove_suffix(1);
    if (passphrase.ends_with('\r')) passphrase.remove_suffix(1);
    return passphrase;
}

}  // namespace gatehouse::certstore
