// Which key an uploaded certificate was made for.
#include "certstore/match.hpp"

#include "certstore/certificate.hpp"
#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>

namespace gatehouse::certstore::match_test {
namespace {

using testing::make;

TEST_CASE("a certificate finds its key by public key, wherever the leaf stands in the file") {
    const testing::Made root = make(testing::ca_wish("Root"));
    const testing::Made leaf = make({}, &root);
    const std::string key = sha256_hex(leaf.key.get());
    for (const std::string& text : {leaf.pem() + root.pem(), root.pem() + leaf.pem(), leaf.pem()}) {
        const auto digests = public_key_digests(text);
        CHECK(match(digests, {key, ""}) == KeyOf::pending_request);
        CHECK(match(digests, {"", key}) == KeyOf::in_use);
        CHECK(match(digests, {"another", key}) == KeyOf::in_use);
        CHECK(match(digests, {"another", "third"}) == KeyOf::nobody);
        CHECK(match(digests, {"", ""}) == KeyOf::nobody);
    }
}

TEST_CASE("where both keys fit, the upload answers the pending request") {
    const std::vector<std::string> certificates{"a", "b"};
    CHECK(match(certificates, {"b", "a"}) == KeyOf::pending_request);
    CHECK(match(certificates, {"a", "a"}) == KeyOf::pending_request);
}

TEST_CASE("no certificate matches no key, not even where digests are missing on both sides") {
    const std::vector<std::string> unknown{""};
    CHECK(match({}, {"", ""}) == KeyOf::nobody);
    CHECK(match(unknown, {"", ""}) == KeyOf::nobody);
}

}  // namespace
}  // namespace gatehouse::certstore::match_test
