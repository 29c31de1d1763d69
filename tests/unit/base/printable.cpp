#include "base/printable.hpp"

#include <catch2/catch.hpp>

#include <string_view>

namespace printable_test {

using namespace gatehouse::base;

TEST_CASE("what could move the cursor, forge a line or turn the writing is shown as an escape") {
    CHECK(printable("plain \xC3\xA4 text") == "plain \xC3\xA4 text");
    CHECK(printable("a\nb\tc") == "a\\nb\\x09c");
    CHECK(printable("\x1B[2J") == "\\x1B[2J");
    CHECK(printable("\xC2\x9B") == "\\x9B");                // CSI in one character
    CHECK(printable("\xE2\x80\xAEgpj") == "\\u{202E}gpj");  // right to left
    CHECK(printable("\xE2\x80\xA8") == "\\u{2028}");
    CHECK(printable("\xFF") == "\\xFF");
    CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
    CHECK(printable("say \"\\\"") == "say \"\\\"");
    CHECK(printable("say \"\\\"", true) == "say \\\"\\\\\\\"");
}

}  // namespace printable_test
