#include "base/utf8.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace utf8_test {

using namespace gatehouse;
using namespace std::string_literals;

TEST_CASE("UTF-8 is told from what only looks like it") {
    for (const auto& text :
         {""s, "plain"s, "\0"s, "\x7f"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xed\x9f\xbf"s, "\xee\x80\x80"s,
          "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "a\xc3\xa9z"s}) {
        INFO(text);
        CHECK(base::is_utf8(text));
    }
    for (const auto& text :
         {"\x80"s, "\xbf"s, "\xc0\x80"s, "\xc1\xbf"s, "\xc2"s, "\xc2\x41"s, "\xe0\x9f\xbf"s, "\xe0\xa0"s,
          "\xed\xa0\x80"s, "\xed\xbf\xbf"s, "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s,
          "\xf0\x90\x80"s, "\xf8\x88\x80\x80\x80"s, "\xfe"s, "\xff"s, "a\xe9z"s}) {
        INFO(text);
        CHECK_FALSE(base::is_utf8(text));
    }
}

TEST_CASE("characters are counted, not bytes, and each broken byte is one") {
    CHECK(base::count_characters("") == 0);
    CHECK(base::count_characters("a\xc3\xa9\xf0\x9f\x98\x80") == 3);
    CHECK(base::count_characters("\xc3\xe9z") == 3);
}

TEST_CASE("a text that is too long is cut between characters, and shows that it was") {
    CHECK(base::shortened("", 0).empty());
    CHECK(base::shortened("abc", 3) == "abc");
    CHECK(base::shortened("abcd", 3) == "abc...");
    CHECK(base::shortened("ab\xc3\xa9", 3) == "ab...");
    CHECK(base::shortened("a\xf0\x9f\x98\x80z", 4) == "a...");
    CHECK(base::shortened("a\xf0\x9f\x98\x80z", 5) == "a\xf0\x9f\x98\x80...");
}

TEST_CASE("broken bytes become U+FFFD, one for each, and all else stays") {
    CHECK(base::as_utf8("a\xc3\xa9\xf0\x9f\x98\x80") == "a\xc3\xa9\xf0\x9f\x98\x80");
    CHECK(base::as_utf8("a\xe9z\xed\xa0\x80") == "a\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(base::is_utf8(base::as_utf8("\xff\xc3\x28\xf0\x90")));
}

TEST_CASE("a character of UTF-8 is read whole, and what is none has no length") {
    CHECK(base::first_character("a") == base::Character{'a', 1});
    CHECK(base::first_character("\xC3\xA4z") == base::Character{0xE4, 2});
    CHECK(base::first_character("\xE6\xBC\xA2") == base::Character{0x6F22, 3});
    CHECK(base::first_character("\xF0\x9F\x94\x92") == base::Character{0x1F512, 4});
    for (const std::string_view broken : {"\x80", "\xC0\x80", "\xC3", "\xC3z", "\xED\xA0\x80", "\xFF"})
        CHECK(base::first_character(broken).length == 0);
}

}  // namespace utf8_test
