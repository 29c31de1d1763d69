#include "server/http/percent.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <optional>
#include <string>

namespace percent_test {

using namespace gatehouse;
using namespace std::string_literals;

namespace {

std::optional<std::string> unescaped(std::string_view text, http::Plus plus = http::Plus::itself) {
    std::string out = "before ";
    if (!http::append_unescaped(text, plus, out)) return std::nullopt;
    REQUIRE(out.starts_with("before "));
    return out.substr(7);
}

}  // namespace

TEST_CASE("escapes are decoded once, and a plus is a space only in what a form sends") {
    CHECK(unescaped("") == "");
    CHECK(unescaped("a%20b%2Bc%2bd") == "a b+c+d");
    CHECK(unescaped("%2541") == "%41");
    CHECK(unescaped("%00%ff") == "\0\xff"s);
    CHECK(unescaped("a+b") == "a+b");
    CHECK(unescaped("a+b%2B", http::Plus::space) == "a b+");
}

TEST_CASE("a percent sign without two digits is no escape") {
    for (const std::string text : {"%", "%4", "%%", "a%", "%4g", "%g4", "%-1", "%+1", "% 1", "%0x41", "100%"}) {
        INFO(text);
        CHECK_FALSE(unescaped(text));
    }
    CHECK(http::escaped_byte("a%41", 1) == 'A');
    CHECK(http::escaped_byte("a%41", 0) == std::nullopt);
    CHECK(http::escaped_byte("a%41", 2) == std::nullopt);
    CHECK(http::escaped_byte("a%41", 9) == std::nullopt);
    CHECK(http::escaped_byte(std::string_view("%41").substr(0, 2), 0) == std::nullopt);
}

TEST_CASE("every byte has an escape, in capitals and in small letters") {
    for (int byte = 0; byte < 256; ++byte) {
        for (const char* form : {"%%%02X", "%%%02x"}) {
            std::array<char, 4> escape{};
            std::snprintf(escape.data(), escape.size(), form, static_cast<unsigned>(byte));
            CHECK(http::escaped_byte(escape.data(), 0) == static_cast<char>(byte));
        }
    }
}

}  // namespace percent_test
