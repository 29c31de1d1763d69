#include "config/seal.hpp"

#include <catch2/catch.hpp>

namespace seal_test {

using namespace gatehouse::config;
using gatehouse::base::Secret;

TEST_CASE("what is sealed opens with the same key at the same place only, and unchanged") {
    const Secret key = main_key_of("a key");
    const std::string_view plain("open\0sesame", 11);
    const std::string sealed = seal(plain, "table:column:1", key);
    CHECK(sealed.find("sesame") == std::string::npos);
    CHECK(seal(plain, "table:column:1", key) != sealed);
    REQUIRE(unseal(sealed, "table:column:1", key));
    CHECK(unseal(sealed, "table:column:1", key)->reveal() == plain);
    CHECK_FALSE(unseal(sealed, "table:column:2", key));
    CHECK_FALSE(unseal(sealed, "table:column:1", main_key_of("another key")));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 0x80);
        CHECK_FALSE(unseal(changed, "table:column:1", key));
        CHECK_FALSE(unseal(sealed.substr(0, i), "table:column:1", key));
    }
    CHECK(unseal(seal("", "x", key), "x", key)->empty());
}

TEST_CASE("a main key gives other keys for other numbers and contexts, always the same ones") {
    const Secret main_key = main_key_of("a key");
    const Secret first = derived_key(main_key, 1, "context_");
    CHECK(first.size() == seal_key_size);
    CHECK(derived_key(main_key, 1, "context_").equals(first.reveal()));
    CHECK_FALSE(derived_key(main_key, 2, "context_").equals(first.reveal()));
    CHECK_FALSE(derived_key(main_key, 1, "context2").equals(first.reveal()));
    CHECK_FALSE(derived_key(main_key_of("another key"), 1, "context_").equals(first.reveal()));
}

}  // namespace seal_test
