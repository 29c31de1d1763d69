#include "certstore/encryption.hpp"

#include <catch2/catch.hpp>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>

namespace encryption_test {

using namespace gatehouse;
using namespace std::string_literals;
using certstore::affordable;
using certstore::Free;

namespace {

using Algorithm = std::unique_ptr<X509_ALGOR, Free<X509_ALGOR_free>>;

Algorithm pbkdf2(int iterations) {
    return Algorithm(PKCS5_pbe2_set(EVP_aes_256_cbc(), iterations, nullptr, 0));
}

Algorithm pbes1(int iterations) {
    return Algorithm(PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, iterations, nullptr, 0));
}

// Numbers that OpenSSL itself would not write.
Algorithm scrypt(std::uint64_t n, std::uint64_t r, std::uint64_t p) {
    Algorithm algorithm(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, 2, 1, 1));
    REQUIRE(algorithm);
    const std::unique_ptr<PBE2PARAM, Free<PBE2PARAM_free>> scheme(
        static_cast<PBE2PARAM*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter)));
    REQUIRE(scheme);
    const std::unique_ptr<SCRYPT_PARAMS, Free<SCRYPT_PARAMS_free>> numbers(static_cast<SCRYPT_PARAMS*>(
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), scheme->keyfunc->parameter)));
    REQUIRE(numbers);
    ASN1_INTEGER_set_uint64(numbers->costParameter, n);
    ASN1_INTEGER_set_uint64(numbers->blockSize, r);
    ASN1_INTEGER_set_uint64(numbers->parallelizationParameter, p);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), numbers.get(), &scheme->keyfunc->parameter);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBE2PARAM), scheme.get(), &algorithm->parameter);
    return algorithm;
}

bool costs_little(const Algorithm& algorithm) {
    REQUIRE(algorithm);
    return affordable(algorithm.get());
}

}  // namespace

TEST_CASE("a passphrase may cost what people's tools ask for, and no more, by every way of deriving a key") {
    CHECK(costs_little(pbkdf2(600'000)));
    CHECK(costs_little(pbkdf2(2'000'000)));
    CHECK_FALSE(costs_little(pbkdf2(2'000'001)));
    CHECK_FALSE(costs_little(pbkdf2(2'147'483'647)));
    CHECK(costs_little(pbes1(2048)));
    CHECK(costs_little(pbes1(2'000'000)));
    CHECK_FALSE(costs_little(pbes1(2'000'001)));
    CHECK(costs_little(scrypt(16'384, 8, 1)));
    CHECK(costs_little(scrypt(1 << 20, 16, 1)));
    CHECK_FALSE(costs_little(scrypt(1 << 20, 16, 2)));
    CHECK_FALSE(costs_little(scrypt(2, 8, 1 << 24)));
    const std::uint64_t wraps_around = std::uint64_t{1} << 32U;
    CHECK_FALSE(costs_little(scrypt(wraps_around, wraps_around, 1)));
    CHECK_FALSE(costs_little(scrypt(0, 8, 1)));
}

TEST_CASE("a count that no number holds is not affordable") {
    using Number = std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>>;
    const Number number(ASN1_INTEGER_new());
    REQUIRE(ASN1_INTEGER_set_int64(number.get(), 2'000'000) == 1);
    CHECK(affordable(number.get()));
    const std::string huge(20, '\x7f');
    REQUIRE(ASN1_STRING_set(number.get(), huge.data(), static_cast<int>(huge.size())) == 1);
    CHECK_FALSE(affordable(number.get()));
    ERR_clear_error();
}

TEST_CASE("what cannot be decoded is left to OpenSSL") {
    const Algorithm bare(X509_ALGOR_new());
    X509_ALGOR_set0(bare.get(), OBJ_nid2obj(NID_pbes2), V_ASN1_NULL, nullptr);
    CHECK(affordable(bare.get()));
    X509_ALGOR_set0(bare.get(), OBJ_nid2obj(NID_pbe_WithSHA1And3_Key_TripleDES_CBC), V_ASN1_NULL, nullptr);
    CHECK(affordable(bare.get()));
    ERR_clear_error();
}

TEST_CASE("an algorithm is called what people call it, or by its number") {
    CHECK(certstore::scheme_name(pbkdf2(1000).get()) == "PBES2");
    CHECK(certstore::scheme_name(pbes1(1000).get()) == "pbeWithSHA1And3-KeyTripleDES-CBC");
    const Algorithm own(X509_ALGOR_new());
    X509_ALGOR_set0(own.get(), OBJ_txt2obj("1.3.6.1.4.1.55555.7", 1), V_ASN1_UNDEF, nullptr);
    CHECK(certstore::scheme_name(own.get()) == "1.3.6.1.4.1.55555.7");
}

TEST_CASE("the error queue tells an unknown algorithm from a wrong passphrase, and is empty afterwards") {
    ERR_clear_error();
    CHECK_FALSE(certstore::queue_says_unsupported());
    ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
    CHECK_FALSE(certstore::queue_says_unsupported());
    ERR_raise(ERR_LIB_EVP, EVP_R_UNKNOWN_CIPHER);
    ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
    CHECK(certstore::queue_says_unsupported());
    CHECK(ERR_peek_error() == 0);
    CHECK_FALSE(certstore::queue_says_unsupported());
}

TEST_CASE("the newline that an editor leaves behind is no part of a passphrase, and nothing else is left out") {
    CHECK(certstore::without_newline("sesame\n") == "sesame");
    CHECK(certstore::without_newline("sesame\r\n") == "sesame");
    CHECK(certstore::without_newline("sesame") == "sesame");
    CHECK(certstore::without_newline("sesame\n\n") == "sesame\n");
    CHECK(certstore::without_newline("sesame\r") == "sesame\r");
    CHECK(certstore::without_newline(" sesame \n") == " sesame ");
    CHECK(certstore::without_newline("\n").empty());
    CHECK(certstore::without_newline("").empty());
}

TEST_CASE("old algorithms are known where the machine has them, and never to the process's own OpenSSL") {
    const certstore::Algorithms library;
    using Cipher = std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>>;
    CHECK(Cipher(EVP_CIPHER_fetch(library.get(), "AES-256-CBC", nullptr)));
    CHECK((Cipher(EVP_CIPHER_fetch(library.get(), "RC2-CBC", nullptr)) != nullptr) == library.knows_old());
    CHECK_FALSE(Cipher(EVP_CIPHER_fetch(nullptr, "RC2-CBC", nullptr)));
    ERR_clear_error();
}

}  // namespace encryption_test
