#include "records/sha1.hpp"

#include "config/hex.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

using namespace gatehouse::records;

std::string bytes(const Sha1& digest) {
    return {digest.begin(), digest.end()};
}
std::string hex(const Sha1& digest) {
    return gatehouse::config::to_hex(bytes(digest));
}

}  // namespace

TEST_CASE("SHA-1 gives the digests of FIPS 180-4's examples") {
    CHECK(hex(sha1("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(hex(sha1(std::string(1'000'000, 'a'))) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("SHA-1 is right for every length around its blocks' ends") {
    std::string all;
    for (std::size_t length = 0; length <= 200; ++length)
        all += bytes(sha1(std::string(length, 'a')));
    CHECK(hex(sha1(all)) == "f6f332e8f89c35ee3df74d34ef8fda777d9647b9");  // as Python's hashlib has it
}

TEST_CASE("HMAC-SHA-1 gives the values of RFC 2202") {
    CHECK(hex(hmac_sha1(std::string(20, '\x0B'), "Hi There")) == "b617318655057264e28bc0b6fb378c8ef146be00");
    CHECK(hex(hmac_sha1("Jefe", "what do ya want for nothing?")) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    CHECK(hex(hmac_sha1(std::string(80, '\xAA'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    CHECK(hex(hmac_sha1("", "")) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}
