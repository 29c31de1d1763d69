#include "certstore/stored.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace stored_test {

using namespace gatehouse;
using certstore::PairPaths;
using certstore::stored_facts;
using certstore::stored_public_keys;

namespace pki = certstore::testing;

namespace {

// A folder with places for pairs; keys are never looked at, so there are none.
struct Store {
    tests::Folder folder;
    base::SystemFiles files;

    [[nodiscard]] PairPaths place(const std::string& name) const {
        return {folder / (name + ".pem"), folder / (name + ".key")};
    }
    void put(const std::string& name, const std::string& pem) const { pki::write_text(place(name).certificate, pem); }
};

std::string key_of(const pki::Made& made) {
    return certstore::describe(made.certificate.get()).public_key_sha256;
}

}  // namespace

TEST_CASE("what is stored is told by its first certificate, without its key") {
    const Store store;
    const auto root = pki::make(pki::ca_wish("Root"));
    const auto leaf = pki::make({}, &root);
    store.put("pair", leaf.pem() + root.pem());
    const auto facts = stored_facts(store.files, store.place("pair"));
    REQUIRE(facts);
    CHECK(facts->subject == "CN=box.example");
    CHECK(facts->issuer == "CN=Root");
}

TEST_CASE("where no certificate can be read nothing is told") {
    const Store store;
    CHECK_FALSE(stored_facts(store.files, store.place("missing")));
    for (const std::string& text : {std::string(), std::string("no certificate"), pki::make({}).pem().substr(0, 100)}) {
        store.put("broken", text);
        CHECK_FALSE(stored_facts(store.files, store.place("broken")));
    }
}

TEST_CASE("the public keys of all certificates at all places are told, each once") {
    const Store store;
    const auto root = pki::make(pki::ca_wish("Root"));
    const auto one = pki::make({}, &root);
    const auto two = pki::make({}, &root, "ED25519");
    store.put("one", one.pem() + root.pem());
    store.put("two", two.pem() + root.pem());
    store.put("broken", "no certificate");
    const std::vector places{store.place("one"), store.place("missing"), store.place("broken"), store.place("two")};
    CHECK(stored_public_keys(store.files, places) == std::set<std::string>{key_of(one), key_of(two), key_of(root)});
    CHECK(stored_public_keys(store.files, {}) == std::set<std::string>());
}

TEST_CASE("where one place cannot be read now nobody knows what all of them hold") {
    const Store store;
    store.put("one", pki::make({}).pem());
    std::filesystem::create_directory(store.place("two").certificate);
    const std::vector places{store.place("one"), store.place("two")};
    CHECK_FALSE(stored_public_keys(store.files, places));
}

}  // namespace stored_test
