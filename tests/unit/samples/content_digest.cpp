#include "server/samples/content_digest.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace content_digest_test {

using namespace gatehouse;
using samples::ContentDigest;

TEST_CASE("a content's checksums do not depend on the pieces in which it comes") {
    const std::string text = "The quick brown fox jumps over the lazy dog";
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, text.size()}) {
        auto digest = ContentDigest::begin();
        REQUIRE(digest);
        for (std::size_t at = 0; at < text.size(); at += size)
            REQUIRE(digest->add(std::string_view(text).substr(at, size)));
        const auto content = digest->finish();
        REQUIRE(content);
        CHECK(content->md5 == "9e107d9d372bb6826bd81d3542a419d6");
        CHECK(content->sha1 == "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12");
        CHECK(content->sha256 == "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592");
        CHECK(content->size == text.size());
    }
}

TEST_CASE("nothing has checksums too") {
    auto digest = ContentDigest::begin();
    REQUIRE(digest);
    const auto content = digest->finish();
    REQUIRE(content);
    CHECK(content->md5 == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(content->size == 0);
}

TEST_CASE("only 64 lower-case hexadecimal digits are taken for a checksum") {
    CHECK(samples::is_sha256(std::string(64, 'a')));
    for (const std::string& wrong : {std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'),
                                     std::string(61, 'a') + "/..", std::string(64, 'g'), std::string()})
        CHECK_FALSE(samples::is_sha256(wrong));
}

}  // namespace content_digest_test
