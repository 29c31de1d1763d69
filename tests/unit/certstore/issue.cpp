// Self-signed certificates as the box makes them.
#include "certstore/issue.hpp"

#include "certstore/findings.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>
#include <openssl/x509v3.h>

#include <set>

namespace gatehouse::certstore::issue_test {
namespace {

using config::KeyType;
using testing::day;
using testing::now;

CredentialPtr issue(SelfSignedRequest request) {
    request.now = now;
    const auto pair = issue_self_signed(request);
    INFO((pair ? std::string() : pair.error().text()));
    REQUIRE(pair);
    return testing::load(pair->certificate_pem, std::string(pair->key_pem.reveal()));
}

std::int64_t valid_seconds(const CredentialPtr& credential) {
    const CertificateFacts facts = describe(credential->leaf());
    return facts.not_after - facts.not_before;
}

TEST_CASE("a self-signed certificate is for servers, no CA, and named in SAN and CN") {
    const CredentialPtr credential = issue({{"box.example", "192.0.2.1", "2001:db8::1"}, 3650, KeyType::ecdsa_p256});
    X509* leaf = credential->leaf();
    const CertificateFacts facts = describe(leaf);
    CHECK(facts.subject == "CN=box.example");
    CHECK(facts.issuer == "CN=box.example");
    CHECK(facts.names == std::vector<std::string>{"box.example", "192.0.2.1", "2001:db8::1"});
    CHECK(facts.self_signed);
    CHECK(X509_get_version(leaf) == X509_VERSION_3);
    CHECK(X509_get_extended_key_usage(leaf) == XKU_SSL_SERVER);
    CHECK(X509_get_key_usage(leaf) == KU_DIGITAL_SIGNATURE);
    CHECK(X509_check_ca(leaf) == 0);
    CHECK(X509_get_ext_by_NID(leaf, NID_basic_constraints, -1) >= 0);
    CHECK(facts.not_before == now - day);
    CHECK(facts.not_after == now + 3650 * day);
    const auto findings = judge(*credential, {.hostname = "box.example", .now = now, .service_uid = 0});
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].code == "self_signed");
    CHECK(findings[1].code == "long_validity");
}

TEST_CASE("every key type is made, and serves") {
    const auto type =
        GENERATE(KeyType::ecdsa_p256, KeyType::rsa_2048, KeyType::rsa_3072, KeyType::rsa_4096, KeyType::ed25519);
    const CredentialPtr credential = issue({{"box.example"}, 365, type});
    const std::string made = describe(credential->leaf()).key_type;
    switch (type) {
        case KeyType::ecdsa_p256:
            CHECK(made == "ECDSA P-256");
            break;
        case KeyType::rsa_2048:
            CHECK(made == "RSA 2048");
            break;
        case KeyType::rsa_3072:
            CHECK(made == "RSA 3072");
            break;
        case KeyType::rsa_4096:
            CHECK(made == "RSA 4096");
            break;
        case KeyType::ed25519:
            CHECK(made == "Ed25519");
            break;
    }
    CHECK_FALSE(refuses(judge(*credential, {.hostname = "box.example", .now = now, .service_uid = 0})));
    const auto context = build_context({config::Interface::clean,
                                        config::TlsPolicy::intermediate,
                                        credential,
                                        {TicketKey::generate().value(), nullptr}});
    REQUIRE(context);
    CHECK(prove_context(**context, *credential, config::TlsPolicy::intermediate));
}

TEST_CASE("a name over 64 characters stands in the SAN alone, and neither subject nor issuer is empty") {
    const std::string label(40, 'a');
    const std::string exactly_64 = label + "." + std::string(23, 'b');
    CHECK(describe(issue({{exactly_64}, 100, KeyType::ecdsa_p256})->leaf()).subject == "CN=" + exactly_64);
    const std::string longer = exactly_64 + "b";
    const CredentialPtr credential = issue({{longer}, 100, KeyType::ecdsa_p256});
    CHECK(describe(credential->leaf()).subject == "O=Gatehouse");
    CHECK(describe(credential->leaf()).names == std::vector{longer});
    const auto findings = judge(*credential, {.hostname = longer, .now = now, .service_uid = 0});
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == "self_signed");
}

TEST_CASE("825 days asked for are no more than 825 in all, and one day still is one from now") {
    CHECK(valid_seconds(issue({{"box"}, 825, KeyType::ecdsa_p256})) == 825 * day - 1);
    CHECK(valid_seconds(issue({{"box"}, 826, KeyType::ecdsa_p256})) == 827 * day);
    CHECK(describe(issue({{"box"}, 1, KeyType::ecdsa_p256})->leaf()).not_after == now + day);
}

TEST_CASE("serial numbers are random, positive, and of 127 bits") {
    std::set<std::string> serials;
    for (int i = 0; i < 20; ++i) {
        const std::string serial = describe(issue({{"box"}, 10, KeyType::ecdsa_p256})->leaf()).serial;
        CHECK(serial.size() == 32);
        CHECK((serial[0] >= '4' && serial[0] <= '7'));
        serials.insert(serial);
    }
    CHECK(serials.size() == 20);
}

TEST_CASE("what is neither a DNS name nor an address is refused") {
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a..b"), std::string(".a"), std::string("a."),
          std::string("-a.b"), std::string("a-.b"), std::string("a,DNS:evil"), std::string("b\xC3\xBC.example"),
          std::string("*"), std::string("a.*.b"), std::string(64, 'a') + ".b", std::string("a\0b", 3),
          std::string("https://box")}) {
        CAPTURE(name);
        const auto pair = issue_self_signed({{"good.example", name}, 10, KeyType::ecdsa_p256, now});
        REQUIRE_FALSE(pair);
        CHECK(pair.error().kind == base::ErrorKind::input);
        CHECK(pair.error().code == "name_invalid");
    }
    CHECK(issue_self_signed({{}, 10, KeyType::ecdsa_p256, now}).error().code == "name_invalid");
    CHECK(issue_self_signed({{"*.example.org", "a_b", "localhost"}, 10, KeyType::ecdsa_p256, now}));
}

TEST_CASE("openssl itself verifies what was made") {
    const tests::Folder folder;
    const auto pair = issue_self_signed({{"box.example"}, 10, KeyType::ecdsa_p256, std::time(nullptr)});
    REQUIRE(pair);
    testing::write_text(folder / "cert.pem", pair->certificate_pem);
    testing::run(folder.path(),
                 "openssl verify -x509_strict -purpose sslserver -verify_hostname box.example "
                 "-CAfile cert.pem cert.pem");
}

}  // namespace
}  // namespace gatehouse::certstore::issue_test
