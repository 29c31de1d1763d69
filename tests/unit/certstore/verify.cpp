#include "certstore/verify.hpp"

#include "certstore/trust.hpp"
#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace verify_test {

using namespace gatehouse;
using namespace gatehouse::certstore;
using namespace gatehouse::certstore::testing;

namespace {

std::vector<CertificatePtr> chain_of(const std::vector<const Made*>& made) {
    std::vector<CertificatePtr> chain;
    for (const Made* one : made) {
        X509_up_ref(one->certificate.get());
        chain.emplace_back(one->certificate.get());
    }
    return chain;
}

// The code of the refusal, or "believed".
std::string verdict(const std::vector<const Made*>& anchors, const std::vector<const Made*>& sent,
                    const std::string& host, std::int64_t at = now) {
    const auto store = TrustStore::build(chain_of(anchors), false, {});
    REQUIRE(store);
    const auto verified = verify_server((*store)->store(), chain_of(sent), host, at);
    if (!verified) {
        CHECK(verified.error().kind == base::ErrorKind::crypto);
        UNSCOPED_INFO(verified.error().text());
    }
    return verified ? "believed" : verified.error().code;
}

Wish named(const std::string& alternative_names, const std::string& common_name = "server") {
    Wish wish;
    wish.common_name = common_name;
    wish.alternative_names = alternative_names;
    return wish;
}

}  // namespace

TEST_CASE("a chain is believed by its root, by what lies between, or by the server's own certificate") {
    const Made root = make(ca_wish("Root"));
    const Made middle = make(ca_wish("Middle"), &root);
    const Made leaf = make(named("DNS:a.test"), &middle);
    CHECK(verdict({&root}, {&leaf, &middle}, "a.test") == "believed");
    CHECK(verdict({&root}, {&leaf, &middle, &root}, "a.test") == "believed");
    CHECK(verdict({&middle}, {&leaf}, "a.test") == "believed");
    CHECK(verdict({&leaf}, {&leaf}, "a.test") == "believed");
    CHECK(verdict({&root}, {&leaf}, "a.test") == "untrusted_issuer");
    CHECK(verdict({}, {&leaf, &middle}, "a.test") == "untrusted_issuer");
    CHECK(verdict({}, {&leaf, &middle, &root}, "a.test") == "certificate_self_signed");
    CHECK(verdict({&root}, {}, "a.test") == "certificate_unsuited");
}

TEST_CASE("one that was issued by a certificate that is no authority is not believed, though that one is") {
    const Made device = make(named("DNS:device.test"));
    const Made forged = make(named("DNS:a.test"), &device);
    CHECK(verdict({&device}, {&device}, "device.test") == "believed");
    CHECK(verdict({&device}, {&forged}, "a.test") == "untrusted_issuer");
}

TEST_CASE("a certificate of the same name and another key is not believed") {
    const Made root = make(ca_wish("Root"));
    const Made impostor = make(ca_wish("Root"));
    const Made leaf = make(named("DNS:a.test"), &impostor);
    CHECK(verdict({&root}, {&leaf, &impostor}, "a.test") != "believed");
    CHECK(verdict({&root}, {&leaf}, "a.test") != "believed");
}

TEST_CASE("a host is who its certificate names, by wildcards for one whole label only") {
    const Made root = make(ca_wish("Root"));
    const auto against = [&](const std::string& names, const std::string& host) {
        const Made leaf = make(named(names, "common.test"), &root);
        return verdict({&root}, {&leaf}, host) == "believed";
    };
    CHECK(against("DNS:a.test,DNS:b.test", "b.test"));
    CHECK(against("DNS:A.test", "a.test"));
    CHECK(against("DNS:*.a.test", "x.a.test"));
    CHECK_FALSE(against("DNS:*.a.test", "a.test"));
    CHECK_FALSE(against("DNS:*.a.test", "x.y.a.test"));
    CHECK_FALSE(against("DNS:x*.a.test", "xy.a.test"));
    CHECK_FALSE(against("DNS:a.test", "a.test.evil"));
    CHECK_FALSE(against("DNS:a.test", "common.test"));
    CHECK(against("", "common.test"));
    CHECK(against("IP:192.0.2.1", "192.0.2.1"));
    CHECK(against("IP:2001:db8::1", "2001:db8::1"));
    CHECK_FALSE(against("DNS:192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(against("IP:192.0.2.1", "192.0.2.2"));
    CHECK(against("DNS:a.test", ""));
}

TEST_CASE("an address that is a common name only is told to be no alternative name") {
    const Made own = make(named("", "192.0.2.1"));
    const auto store = TrustStore::build(chain_of({&own}), false, {});
    const auto verified = verify_server((*store)->store(), chain_of({&own}), "192.0.2.1", now);
    REQUIRE_FALSE(verified);
    CHECK(
        verified.error().message ==
        "192.0.2.1 is not trusted: the certificate CN=192.0.2.1 is for 192.0.2.1, but not among its alternative names, "
        "where an address has to stand.");
}

TEST_CASE("the certificate that is out of its time is the one that is told") {
    Wish old_root = ca_wish("Root");
    old_root.not_before = now - 20 * day;
    old_root.not_after = now - 10 * day;
    const Made root = make(old_root);
    const Made leaf = make(named("DNS:a.test"), &root);
    const auto store = TrustStore::build(chain_of({&root}), false, {});
    const auto verified = verify_server((*store)->store(), chain_of({&leaf}), "a.test", now);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == "issuer_expired");
    CHECK(verified.error().message ==
          "a.test is not trusted: the certificate CN=Root expired on 2025-12-22 00:00 UTC.");
    CHECK(verified.error().advice.find("replace it on the page CA Certificates") != std::string::npos);
    CHECK(verdict({&leaf}, {&leaf}, "a.test", now + 201 * day) == "certificate_expired");
    CHECK(verdict({&leaf}, {&leaf}, "a.test", now - 2 * day) == "certificate_not_yet_valid");
}

TEST_CASE("weak keys and signatures are not believed wherever they stand below the anchor") {
    const Made root = make(ca_wish("Root"));
    const Made weak = make(named("DNS:a.test"), &root, "RSA:1024");
    CHECK(verdict({&root}, {&weak}, "a.test") == "certificate_weak");
    Wish sha1 = named("DNS:a.test");
    sha1.digest = "SHA1";
    const Made old = make(sha1, &root);
    CHECK(verdict({&root}, {&old}, "a.test") == "certificate_weak");
    const Made weak_middle = make(ca_wish("Middle"), &root, "RSA:1024");
    const Made leaf = make(named("DNS:a.test"), &weak_middle);
    CHECK(verdict({&root}, {&leaf, &weak_middle}, "a.test") == "certificate_weak");
}

TEST_CASE("a certificate for clients is no server's") {
    const Made root = make(ca_wish("Root"));
    Wish client = named("DNS:a.test");
    client.extended_key_usage = "clientAuth";
    const Made leaf = make(client, &root);
    CHECK(verdict({&root}, {&leaf}, "a.test") == "certificate_unsuited");
}

TEST_CASE("what a certificate says of itself moves no terminal and fills no page") {
    Wish many = named("");
    for (int i = 0; i < 100; ++i)
        many.alternative_names += (i == 0 ? "DNS:n" : ",DNS:n") + std::to_string(i) + ".test";
    many.common_name = "a\x1b[2J\nb";
    const Made own = make(many);
    const auto store = TrustStore::build(chain_of({&own}), false, {});
    const auto verified = verify_server((*store)->store(), chain_of({&own}), "a.test", now);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().message.find('\x1b') == std::string::npos);
    CHECK(verified.error().message.find('\n') == std::string::npos);
    CHECK(verified.error().message.find("n7.test and 92 more, not for a.test.") != std::string::npos);
}

TEST_CASE("of names as long as a certificate may have them the beginning is told") {
    Wish vast = ca_wish("Root");
    const std::string endless(60'000, 'x');
    vast.description = endless;
    const Made root = make(vast);
    const Made other = make(ca_wish("Other"));
    const Made leaf = make(named("DNS:" + std::string(5000, 'y')), &root);
    const auto store = TrustStore::build(chain_of({&other}), false, {});
    for (const Made* one : {&root, &leaf}) {
        const auto verified = verify_server((*store)->store(), chain_of({one}), "a.test", now);
        REQUIRE_FALSE(verified);
        CHECK(verified.error().text().size() < 1000);
        CHECK(verified.error().text().find("...") != std::string::npos);
    }
    const auto trusting = TrustStore::build(chain_of({&root}), false, {});
    const auto verified = verify_server((*trusting)->store(), chain_of({&leaf}), "a.test", now);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == "certificate_name_mismatch");
    CHECK(verified.error().text().size() < 1000);
}

}  // namespace verify_test
