#include "records/digest.hpp"

#include "base/hex.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

namespace digest_test {

using namespace gatehouse::records;

TEST_CASE("bearer texts are a prefix and 43 characters that need no quoting, never the same ones") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto bearer = random_bearer("gh_");
        const std::string text(bearer.reveal());
        CHECK(text.size() == 46);
        CHECK(text.starts_with("gh_"));
        CHECK(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
              std::string::npos);
        CHECK(seen.insert(text).second);
    }
    CHECK(random_bearer("").size() == 43);
}

TEST_CASE("the digest is SHA-256, and a column gives it back") {
    const Digest digest = digest_of("abc");
    CHECK(gatehouse::base::to_hex(bytes_of(digest).data) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest_from(bytes_of(digest).data) == digest);
    CHECK(digest_from("short") == Digest{});
    CHECK(DigestHash()(digest) != DigestHash()(digest_of("abd")));
}

}  // namespace digest_test
