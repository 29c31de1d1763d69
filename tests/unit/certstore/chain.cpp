// Putting a file's certificates in order.
#include "certstore/chain.hpp"

#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>

namespace gatehouse::certstore::chain_test {
namespace {

using testing::ca_wish;
using testing::Made;
using testing::make;

CertificatePtr copy(const Made& made) {
    return CertificatePtr(X509_dup(made.certificate.get()));
}

template <class... Certificates>
base::Result<Chain> order(const Made& key, const Certificates&... certificates) {
    std::vector<CertificatePtr> list;
    (list.push_back(copy(certificates)), ...);
    return order_chain(std::move(list), key.key.get());
}

bool is(const Chain& chain, std::vector<const Made*> expected) {
    if (chain.certificates.size() != expected.size()) return false;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (X509_cmp(chain.certificates[i].get(), expected[i]->certificate.get()) != 0) return false;
    }
    return true;
}

TEST_CASE("a chain in any order is put in order, and only then is it called reordered") {
    const Made root = make(ca_wish("Root"));
    const Made upper = make(ca_wish("Upper"), &root);
    const Made lower = make(ca_wish("Lower"), &upper);
    const Made leaf = make({}, &lower);
    const auto in_order = order(leaf, leaf, lower, upper, root);
    REQUIRE(in_order);
    CHECK(is(*in_order, {&leaf, &lower, &upper, &root}));
    CHECK_FALSE(in_order->reordered);
    for (const auto& shuffled : {order(leaf, root, upper, lower, leaf), order(leaf, upper, leaf, root, lower)}) {
        REQUIRE(shuffled);
        CHECK(is(*shuffled, {&leaf, &lower, &upper, &root}));
        CHECK(shuffled->reordered);
    }
}

TEST_CASE("repeats and certificates of other chains are left out") {
    const Made root = make(ca_wish("Root"));
    const Made leaf = make({}, &root);
    const Made stranger = make({});
    const auto chain = order(leaf, leaf, leaf, stranger, root, root);
    REQUIRE(chain);
    CHECK(is(*chain, {&leaf, &root}));
    CHECK(chain->reordered);
}

TEST_CASE("without a key the leaf is the one that issued none of the others; nothing is left out") {
    const Made root = make(ca_wish("Root"));
    const Made middle = make(ca_wish("Middle"), &root);
    const Made leaf = make({}, &middle);
    const Made stranger = make(ca_wish("Stranger"));
    const auto first = [](std::vector<const Made*> given) {
        std::vector<CertificatePtr> list;
        for (const Made* made : given)
            list.push_back(copy(*made));
        Chain chain;
        chain.certificates = leaf_first(std::move(list));
        return chain;
    };
    CHECK(is(first({&root, &leaf, &middle}), {&leaf, &middle, &root}));
    CHECK(is(first({&stranger, &root, &middle, &leaf}), {&leaf, &middle, &root, &stranger}));
    CHECK(is(first({&root, &stranger}), {&root, &stranger}));
    CHECK(is(first({&leaf, &root}), {&leaf, &root}));
    CHECK(is(first({&stranger}), {&stranger}));
    CHECK(is(first({}), {}));
}

TEST_CASE("an issuer of the right name with another key is not taken for the issuer") {
    const Made root = make(ca_wish("Root"));
    const Made impostor = make(ca_wish("Root"));
    const Made leaf = make({}, &root);
    const auto chain = order(leaf, leaf, impostor, root);
    REQUIRE(chain);
    CHECK(is(*chain, {&leaf, &root}));
    const auto alone = order(leaf, leaf, impostor);
    REQUIRE(alone);
    CHECK(is(*alone, {&leaf}));
}

TEST_CASE("issuers that certify each other do not go round in circles") {
    const Made a = make(ca_wish("A"));
    const Made b = make(ca_wish("B"), &a);
    // A's key, certified by B.
    Made cross{nullptr, CertificatePtr(X509_dup(a.certificate.get()))};
    REQUIRE(X509_set_issuer_name(cross.certificate.get(), X509_get_subject_name(b.certificate.get())) == 1);
    REQUIRE(X509_sign(cross.certificate.get(), b.key.get(), EVP_sha256()) > 0);
    const Made leaf = make({}, &a);
    const auto chain = order(leaf, leaf, cross, b);
    REQUIRE(chain);
    CHECK(is(*chain, {&leaf, &cross, &b}));
}

TEST_CASE("a self-signed certificate is its own chain") {
    const Made made = make({});
    CHECK(is_self_signed(made.certificate.get()));
    const auto chain = order(made, made);
    REQUIRE(chain);
    CHECK(is(*chain, {&made}));
    CHECK_FALSE(chain->reordered);
}

TEST_CASE("the same name as issuer does not make a certificate self-signed; its signature does") {
    const Made a = make(ca_wish("Same"));
    const Made b = make(ca_wish("Same"), &a);
    CHECK(is_self_signed(a.certificate.get()));
    CHECK_FALSE(is_self_signed(b.certificate.get()));
}

TEST_CASE("a key that belongs to none of the certificates is a mismatch that names both fingerprints") {
    const Made one = make({});
    const Made other = make({});
    const auto chain = order(other, one);
    REQUIRE_FALSE(chain);
    CHECK(chain.error().kind == base::ErrorKind::input);
    CHECK(chain.error().code == "key_mismatch");
    CHECK_THAT(chain.error().message, Catch::Contains(sha256_hex(one.key.get())));
    CHECK_THAT(chain.error().message, Catch::Contains(sha256_hex(other.key.get())));
    const Made rsa = make({}, nullptr, "RSA:2048");
    CHECK(order(rsa, one).error().code == "key_mismatch");
    CHECK(order(one).error().code == "key_mismatch");
}

}  // namespace
}  // namespace gatehouse::certstore::chain_test
