#include "records/text.hpp"

#include <catch2/catch.hpp>

namespace text_test {

using namespace gatehouse::records;

TEST_CASE("control characters are not printable, in whatever form") {
    CHECK(is_printable("Zo\xC3\xAB \xE2\x82\xAC"));
    for (const std::string_view bad : {"\n", "a\tb", "\x1B[31m", "\x7F", "\xC2\x85", "\xC2\x9F", "\xFF"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_printable(bad));
    }
    CHECK_FALSE(is_printable(std::string_view("\0", 1)));
    CHECK(is_printable("\xC2\xA0"));
}

TEST_CASE("a stranger's text is stored printable, and cut between characters") {
    CHECK(printable("Mozilla/5.0", 256) == "Mozilla/5.0");
    CHECK(printable(std::string_view("a\0b\r\nc\x1B", 7), 256) == "a?b??c?");
    CHECK(printable("\xFFok\xC3", 256) == "?ok?");
    CHECK(printable("\xC2\x85x", 256) == "?x");
    CHECK(printable("abcdef", 3) == "abc");
    CHECK(printable("ab\xE2\x82\xAC", 4) == "ab");
    CHECK(printable("ab\xE2\x82\xAC", 5) == "ab\xE2\x82\xAC");
    CHECK(printable("", 0).empty());
    std::string every;
    for (int byte = 0; byte < 256; ++byte)
        every += static_cast<char>(byte);
    CHECK(is_printable(printable(every, 4096)));
}

}  // namespace text_test
