#include "certstore/anchors.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

#include <array>
#include <cstdio>
#include <string>

namespace gatehouse::certstore::anchors_test {
namespace {

using testing::ca_wish;
using testing::Made;
using testing::make;

// The folder that this machine's authorities lie in, for the time of a test.
class Anchors {
public:
    // As `openssl rehash` names it: the hash of the name, and which one of those with that name it is.
    void add(const Made& authority, int which = 0) const {
        std::array<char, 32> name{};
        std::snprintf(name.data(), name.size(), "%08lx.%d",
                      X509_NAME_hash_ex(X509_get_subject_name(authority.certificate.get()), nullptr, nullptr, nullptr),
                      which);
        folder_.write(name.data(), authority.pem());
    }

    void put(const std::string& name) const { folder_.write(name, ""); }

private:
    tests::Folder folder_;
    tests::Environment directory_{"SSL_CERT_DIR", folder_.path().c_str()};
};

bool known(const Made& made) {
    const bool issued = issued_by_known_anchor(made.certificate.get());
    CHECK(ERR_peek_error() == 0);
    return issued;
}

TEST_CASE("a certificate is known where the authority that issued it lies in the folder") {
    const Anchors anchors;
    const Made root = make(ca_wish("Root"));
    const Made leaf = make({}, &root);
    CHECK_FALSE(known(leaf));
    anchors.add(root);
    CHECK(known(leaf));
    CHECK_FALSE(known(make({}, nullptr)));
}

TEST_CASE("only the issuer itself counts, not the one above it") {
    const Anchors anchors;
    const Made root = make(ca_wish("Root"));
    const Made middle = make(ca_wish("Middle"), &root);
    const Made leaf = make({}, &middle);
    anchors.add(root);
    CHECK(known(middle));
    CHECK_FALSE(known(leaf));
    anchors.add(middle);
    CHECK(known(leaf));
}

TEST_CASE("an authority of the same name with another key did not issue it") {
    const Anchors anchors;
    const Made root = make(ca_wish("Root"));
    const Made impostor = make(ca_wish("Root"));
    const Made leaf = make({}, &root);
    anchors.add(impostor);
    CHECK_FALSE(known(leaf));
}

TEST_CASE("of several authorities with one name, as after a change of its key, each is tried") {
    const Anchors anchors;
    const Made former = make(ca_wish("Root"));
    const Made present = make(ca_wish("Root"));
    const Made next = make(ca_wish("Root"));
    anchors.add(former, 0);
    anchors.add(present, 1);
    CHECK(known(make({}, &former)));
    CHECK(known(make({}, &present)));
    CHECK_FALSE(known(make({}, &next)));
}

TEST_CASE("the authorities in the folder are counted by the names that are looked at") {
    const Anchors anchors;
    CHECK(count_known_anchors() == 0);
    anchors.add(make(ca_wish("Root")), 0);
    anchors.add(make(ca_wish("Root")), 12);
    anchors.add(make(ca_wish("Other")));
    for (const char* name : {"ca-certificates.crt", "Root.pem", "12345678", "12345678.", "1234567g.0", "12345678.r0"})
        anchors.put(name);
    CHECK(count_known_anchors() == 3);
}

TEST_CASE("a root that lies in the folder has issued itself") {
    const Anchors anchors;
    const Made root = make(ca_wish("Root"));
    CHECK_FALSE(known(root));
    anchors.add(root);
    CHECK(known(root));
}

TEST_CASE("a folder that is not there, or holds rubbish under the right name, knows nobody") {
    const Made root = make(ca_wish("Root"));
    const Made leaf = make({}, &root);
    {
        const tests::Environment nowhere("SSL_CERT_DIR", "/nowhere/at/all");
        CHECK_FALSE(known(leaf));
    }
    const tests::Folder folder;
    const tests::Environment directory("SSL_CERT_DIR", folder.path().c_str());
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%08lx.0",
                  X509_NAME_hash_ex(X509_get_subject_name(root.certificate.get()), nullptr, nullptr, nullptr));
    folder.write(name.data(), "no certificate");
    CHECK_FALSE(known(leaf));
}

}  // namespace
}  // namespace gatehouse::certstore::anchors_test
