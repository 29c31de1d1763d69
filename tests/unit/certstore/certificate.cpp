#include "certstore/certificate.hpp"

#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace gatehouse::certstore::certificate_test {
namespace {

using testing::day;
using testing::Made;
using testing::make;
using testing::now;
using testing::Wish;
using Names = std::vector<std::string>;

CertificateFacts facts_of(const Wish& wish, const std::string& key_type = "EC:P-256") {
    const CertificateFacts facts = describe(make(wish, nullptr, key_type).certificate.get());
    CHECK(ERR_peek_error() == 0);
    return facts;
}

Names names_of(const std::string& alternative_names, const std::string& common_name = "box.example") {
    Wish wish;
    wish.common_name = common_name;
    wish.alternative_names = alternative_names;
    return facts_of(wish).names;
}

// A certificate whose subject has this one more entry.
CertificateFacts facts_with(const char* field, const std::string& value, int type = MBSTRING_UTF8) {
    Made made = make({});
    X509_NAME* subject = X509_get_subject_name(made.certificate.get());
    REQUIRE(X509_NAME_add_entry_by_txt(subject, field, type, reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), -1, 0) == 1);
    REQUIRE(X509_sign(made.certificate.get(), made.key.get(), EVP_sha256()) > 0);
    return describe(made.certificate.get());
}

// A certificate without alternative names, and with this very common name.
Names common_names(const std::string& value, int type = V_ASN1_UTF8STRING) {
    Wish wish;
    wish.common_name.clear();
    wish.alternative_names.clear();
    Made made = make(wish);
    X509_NAME* subject = X509_get_subject_name(made.certificate.get());
    const std::unique_ptr<X509_NAME_ENTRY, Free<X509_NAME_ENTRY_free>> entry(X509_NAME_ENTRY_create_by_NID(
        nullptr, NID_commonName, type, reinterpret_cast<const unsigned char*>(value.data()),
        static_cast<int>(value.size())));
    REQUIRE(entry);
    REQUIRE(X509_NAME_add_entry(subject, entry.get(), -1, 0) == 1);
    return describe(made.certificate.get()).names;
}

bool is_utf8(const std::string& text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    for (auto left = static_cast<int>(text.size()); left > 0;) {
        unsigned long code = 0;
        const int used = UTF8_getc(at, left, &code);
        if (used <= 0) return false;
        at += used;
        left -= used;
    }
    return true;
}

TEST_CASE("a certificate says whose it is, who issued it, and for how long") {
    const Made root = make(testing::ca_wish("Root"));
    const Made leaf = make({}, &root);
    const CertificateFacts facts = describe(leaf.certificate.get());
    CHECK(facts.subject == "CN=box.example");
    CHECK(facts.issuer == "CN=Root");
    CHECK(facts.names == Names{"box.example"});
    CHECK(facts.not_before == now - day);
    CHECK(facts.not_after == now + 200 * day);
    CHECK_FALSE(facts.self_signed);
    CHECK(describe(root.certificate.get()).self_signed);
}

TEST_CASE("fingerprints are those that openssl prints, in lower case and without colons") {
    const Made made = make({});
    const CertificateFacts facts = describe(made.certificate.get());
    CHECK(facts.fingerprint_sha256 == sha256_hex(made.certificate.get()));
    CHECK(facts.fingerprint_sha256.size() == 64);
    CHECK(facts.fingerprint_sha256.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(facts.public_key_sha256 == sha256_hex(made.key.get()));
}

TEST_CASE("times outside of the usual centuries are read too") {
    Wish wish;
    wish.not_before = -day;            // 1969: as UTCTime
    wish.not_after = 253'402'300'799;  // the last second of 9999: as GeneralizedTime
    const CertificateFacts facts = facts_of(wish);
    CHECK(facts.not_before == -day);
    CHECK(facts.not_after == 253'402'300'799);
}

TEST_CASE("the kind of key is named as people know it") {
    CHECK(facts_of({}, "EC:P-256").key_type == "ECDSA P-256");
    CHECK(facts_of({}, "EC:P-521").key_type == "ECDSA P-521");
    CHECK(facts_of({}, "EC:secp256k1").key_type == "ECDSA secp256k1");
    CHECK(facts_of({}, "RSA:2048").key_type == "RSA 2048");
    CHECK(facts_of({}, "ED25519").key_type == "Ed25519");
}

TEST_CASE("names are those of the extension: DNS names and addresses, nothing else") {
    CHECK(names_of("DNS:a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1") ==
          Names{"a.example", "*.b.example", "192.0.2.1", "2001:db8::1"});
    CHECK(names_of("email:root@box.example,URI:https://box.example/").empty());
    CHECK(names_of("DNS:a.example", "other.example") == Names{"a.example"});
}

TEST_CASE("without the extension the common names stand for it") {
    CHECK(names_of("", "box.example") == Names{"box.example"});
    CHECK(names_of("", "").empty());
    CHECK(common_names("a b\xC3\xA9") == Names{"a b\xC3\xA9"});
}

TEST_CASE("a serial number is hexadecimal, with its sign where it has one") {
    const auto serial = [](const char* hexadecimal) {
        Made made = make({});
        const std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>> number(s2i_ASN1_INTEGER(nullptr, hexadecimal));
        REQUIRE(number);
        REQUIRE(X509_set_serialNumber(made.certificate.get(), number.get()) == 1);
        REQUIRE(X509_sign(made.certificate.get(), made.key.get(), EVP_sha256()) > 0);
        return describe(made.certificate.get()).serial;
    };
    CHECK(serial("0x01") == "01");
    CHECK(serial("0x0123456789abcdef0123456789abcdef01234567") == "0123456789abcdef0123456789abcdef01234567");
    CHECK(serial("-0x7f") == "-7f");
    CHECK(serial("0x00") == "00");
}

TEST_CASE("a subject with every kind of character stays one readable line") {
    CHECK(facts_with("O", "M\xC3\xBCller & S\xC3\xB6hne").subject == "O=M\xC3\xBCller & S\xC3\xB6hne,CN=box.example");
    CHECK(facts_with("O", "a, b=c").subject == "O=a\\, b=c,CN=box.example");
    const std::string broken = facts_with("O", "line\nbreak\x1B[2J").subject;
    CHECK(broken.find('\n') == std::string::npos);
    CHECK(broken.find('\x1B') == std::string::npos);
    const std::string latin = facts_with("O", "caf\xE9", V_ASN1_T61STRING).subject;
    CHECK(is_utf8(latin));
}

TEST_CASE("bytes of a name that would disturb a line of text become question marks") {
    CHECK(common_names("a\nb\tc\x1B[31m\x7F") == Names{"a?b?c?[31m?"});
    CHECK(common_names(std::string("a\0b", 3)) == Names{"a?b"});
    const std::string wide("\0a\0\xE9", 4);
    CHECK(common_names(wide, V_ASN1_BMPSTRING) == Names{"a\xC3\xA9"});
}

TEST_CASE("a name that is too long for a line is cut, between two characters") {
    for (std::size_t before = 252; before <= 257; ++before) {
        CAPTURE(before);
        const std::string name =
            std::string(before, 'a') + "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80" + std::string(300, 'b');
        const std::string shown = common_names(name).at(0);
        CHECK(shown.size() <= 256);
        CHECK(shown.size() > 250);
        CHECK(name.starts_with(shown));
        CHECK(is_utf8(shown));
    }
}

// ---------------------------------------------------------------- from a file's text

TEST_CASE(
    "public keys are found in a text with whatever around them, in their order, and what does not parse is passed "
    "over") {
    const Made one = make({});
    const Made two = make({}, nullptr, "RSA:2048");
    const std::string key_of_one = sha256_hex(one.key.get());
    const std::string key_of_two = sha256_hex(two.key.get());
    const std::string rubbish = "-----BEGIN CERTIFICATE-----\nTm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    CHECK(public_key_digests("").empty());
    CHECK(public_key_digests(rubbish).empty());
    CHECK(public_key_digests(one.key_pem()).empty());
    CHECK(public_key_digests(one.pem()) == Names{key_of_one});
    CHECK(public_key_digests("words\r\n" + two.pem() + rubbish + one.key_pem() + one.pem() + "more words") ==
          Names{key_of_two, key_of_one});
    CHECK(public_key_digests(one.pem() + two.pem().substr(0, two.pem().size() / 2)) == Names{key_of_one});
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a certificate and its renewal with the same key are found under the same public key") {
    const Made first = make({});
    Made renewed{testing::make_key("EC:P-256"), CertificatePtr(X509_dup(first.certificate.get()))};
    REQUIRE(X509_gmtime_adj(X509_getm_notAfter(renewed.certificate.get()), 86400) != nullptr);
    REQUIRE(X509_sign(renewed.certificate.get(), first.key.get(), EVP_sha256()) > 0);
    CHECK(first.pem() != renewed.pem());
    CHECK(public_key_digests(first.pem()) == public_key_digests(renewed.pem()));
}

TEST_CASE("the first fingerprint is that of the first whole certificate, even if nobody can parse it") {
    const Made one = make({});
    const Made two = make({});
    CHECK(first_fingerprint("").empty());
    CHECK(first_fingerprint("no certificate").empty());
    CHECK(first_fingerprint(one.key_pem()).empty());
    CHECK(first_fingerprint(one.key_pem() + one.pem() + two.pem()) == sha256_hex(one.certificate.get()));
    const std::string cut = two.pem().substr(0, two.pem().size() / 2);
    CHECK(first_fingerprint(cut).empty());
    CHECK(first_fingerprint("-----BEGIN CERTIFICATE-----\nTm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n") ==
          sha256_hex("No certificate"));
}

TEST_CASE(
    "an extension that can't be read leaves no error of OpenSSL behind, which the next handshake would take for its "
    "own") {
    const Made made = make({});
    const std::string garbage("\x01\x02", 2);
    const std::unique_ptr<ASN1_OCTET_STRING, Free<&ASN1_OCTET_STRING_free>> content(ASN1_OCTET_STRING_new());
    REQUIRE(ASN1_OCTET_STRING_set(content.get(), reinterpret_cast<const unsigned char*>(garbage.data()),
                                  static_cast<int>(garbage.size())) == 1);
    const std::unique_ptr<X509_EXTENSION, Free<&X509_EXTENSION_free>> extension(
        X509_EXTENSION_create_by_NID(nullptr, NID_key_usage, 1, content.get()));
    const CertificatePtr spoilt(X509_dup(made.certificate.get()));
    REQUIRE(X509_add_ext(spoilt.get(), extension.get(), -1) == 1);
    REQUIRE(ERR_peek_error() == 0);
    const CertificateFacts facts = describe(spoilt.get());
    CHECK(ERR_peek_error() == 0);
    CHECK(facts.subject == describe(made.certificate.get()).subject);
}

}  // namespace
}  // namespace gatehouse::certstore::certificate_test
