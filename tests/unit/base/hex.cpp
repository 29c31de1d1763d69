#include "base/hex.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace hex_test {

using namespace gatehouse;

TEST_CASE("bytes become lower-case hex and come back from either case") {
    const std::string bytes("\x00\x0f\xa0\xff", 4);
    CHECK(base::to_hex(bytes) == "000fa0ff");
    CHECK(base::from_hex("000fa0ff") == bytes);
    CHECK(base::from_hex("000FA0Ff") == bytes);
    CHECK(base::to_hex("").empty());
    CHECK(base::from_hex("") == std::string());
}

TEST_CASE("what is not made of pairs of hexadecimal digits is no hex") {
    for (const char* text : {"0", "000", "0g", "g0", " 00", "00 ", "0x00", "00:00", "-1"}) {
        INFO(text);
        CHECK_FALSE(base::from_hex(text));
    }
}

}  // namespace hex_test
