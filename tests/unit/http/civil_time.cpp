#include "server/http/civil_time.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace civil_time_test {

using namespace gatehouse;
using http::CivilTime;
using http::seconds_of;
using http::TimeScanner;

namespace {

std::string shown(const CivilTime& time) {
    std::string text;
    for (const auto& [value, digits] :
         {std::pair(time.year, 4U), std::pair(time.month, 2U), std::pair(time.day, 2U), std::pair(time.hour, 2U),
          std::pair(time.minute, 2U), std::pair(time.second, 2U)})
        http::append_digits(value, digits, text);
    return text;
}

}  // namespace

TEST_CASE("a moment and what calendar and clock show are the same, over leap years and before 1970") {
    CHECK(seconds_of({1970, 1, 1, 0, 0, 0}) == 0);
    CHECK(seconds_of({2024, 2, 29, 12, 34, 56}) == 1'709'210'096);
    CHECK(seconds_of({1969, 12, 31, 23, 59, 59}) == -1);
    CHECK(shown(http::civil_time(1'709'210'096)) == "20240229123456");
    CHECK(shown(http::civil_time(-1)) == "19691231235959");
    CHECK(shown(http::civil_time(253'402'300'799)) == "99991231235959");
    for (std::int64_t seconds = -62'167'219'200; seconds < 253'402'300'800; seconds += 86'400 * 397 + 12'345)
        REQUIRE(seconds_of(http::civil_time(seconds)) == seconds);
}

TEST_CASE("there is no such day or time") {
    for (const CivilTime& none :
         {CivilTime{2023, 2, 29, 0, 0, 0}, CivilTime{1900, 2, 29, 0, 0, 0}, CivilTime{2024, 4, 31, 0, 0, 0},
          CivilTime{2024, 0, 1, 0, 0, 0}, CivilTime{2024, 13, 1, 0, 0, 0}, CivilTime{2024, 1, 0, 0, 0, 0},
          CivilTime{2024, 1, 1, 24, 0, 0}, CivilTime{2024, 1, 1, 0, 60, 0}, CivilTime{2024, 1, 1, 0, 0, 61}})
        CHECK_FALSE(seconds_of(none));
    CHECK(seconds_of({2000, 2, 29, 0, 0, 0}));
    CHECK(seconds_of({2016, 12, 31, 23, 59, 60}) == seconds_of({2017, 1, 1, 0, 0, 0}));
}

TEST_CASE("numbers have so many digits, zeros first") {
    std::string text = "x";
    http::append_digits(7, 3, text);
    http::append_digits(1994, 4, text);
    CHECK(text == "x0071994");
}

TEST_CASE("a written time is taken apart from left to right") {
    constexpr std::array<std::string_view, 3> days{"Mon", "Sun", "Sunday"};
    TimeScanner scanner("Sun,  6 1994T08:49:37Z");
    CHECK(scanner.one_of(days) == 1);
    scanner.expect(", ");
    CHECK(scanner.number(2, ' ') == 6);
    scanner.expect(" ");
    CHECK(scanner.number(4) == 1994);
    CHECK(scanner.next() == 'T');
    scanner.expect("T");
    CivilTime time;
    scanner.clock(time);
    CHECK(shown(time) == "00000101084937");
    CHECK_FALSE(scanner.done());
    scanner.expect("Z");
    CHECK(scanner.done());
    CHECK(scanner.next() == '\0');
}

TEST_CASE("once something does not fit nothing fits any more") {
    const auto spoilt = [](auto spoil) {
        TimeScanner scanner("12");
        spoil(scanner);
        (void)scanner.number(2);
        return !scanner.done();
    };
    constexpr std::array<std::string_view, 1> days{"Mon"};
    CHECK_FALSE(spoilt([](TimeScanner&) {}));
    CHECK(spoilt([](TimeScanner& scanner) { scanner.expect("T"); }));
    CHECK(spoilt([&](TimeScanner& scanner) { CHECK(scanner.one_of(days) == 0); }));
    CHECK(spoilt([](TimeScanner& scanner) { scanner.require(false); }));
    for (const char* text : {"1", "1a", "a1", " 1", "-1", "+1", ""}) {
        TimeScanner scanner(text);
        (void)scanner.number(2);
        CHECK_FALSE(scanner.done());
    }
    TimeScanner padded(" 1");
    CHECK(padded.number(2, ' ') == 1);
    CHECK(padded.done());
    for (const char* text : {"8:49:37", "08-49-37", "08:49", "08:49:3"}) {
        TimeScanner scanner(text);
        CivilTime time;
        scanner.clock(time);
        CHECK_FALSE(scanner.done());
    }
}

}  // namespace civil_time_test
