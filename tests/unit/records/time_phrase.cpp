#include "records/time_phrase.hpp"

#include "tests/unit/records/box.hpp"

namespace time_phrase_test {
namespace {

using namespace gatehouse::records;
using namespace std::chrono_literals;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;
using std::chrono::microseconds;

// 2025-01-01 10:20:30.5 UTC.
constexpr Time now_here = new_year + 10h + 20min + 30s + 500ms;

Time read(std::string_view phrase) {
    CAPTURE(phrase);
    const auto time = time_of_phrase(phrase, now_here);
    REQUIRE(time);
    return *time;
}

}  // namespace

TEST_CASE("a phrase that reaches back means that long before now") {
    CHECK(read("now") == now_here);
    CHECK(read("last hour") == now_here - 1h);
    CHECK(read("past minute") == now_here - 1min);
    CHECK(read("30 days ago") == now_here - 720h);
    CHECK(read("90 days ago") == now_here - 2160h);
    CHECK(read("2 weeks ago") == now_here - 336h);
    CHECK(read("last 24 hours") == now_here - 24h);
    CHECK(read("past 7 days") == now_here - 168h);
    CHECK(read("an hour ago") == now_here - 1h);
    CHECK(read("a day ago") == now_here - 24h);
    CHECK(read("one month ago") == now_here - 720h);
    CHECK(read("1 year ago") == now_here - 365 * 24h);
    CHECK(read("0 seconds ago") == now_here);
    CHECK(read("90 secs ago") == now_here - 90s);
    CHECK(read("5 mins ago") == now_here - 5min);
    CHECK(read("3 hrs ago") == now_here - 3h);
}

TEST_CASE("today and yesterday are where those days begin") {
    CHECK(read("today") == new_year);
    CHECK(read("yesterday") == new_year - 24h);
}

TEST_CASE("case and blanks do not matter") {
    CHECK(read("  LAST   Hour\t") == now_here - 1h);
    CHECK(read("\t30\tDays  AGO ") == now_here - 720h);
    CHECK(read(" 2025-01-01t00:00:00z ") == new_year);
    CHECK(read("2025-01-01   10:00") == new_year + 10h);
}

TEST_CASE("dates are read as RFC 3339 has them, in UTC where they name no offset") {
    CHECK(read("2025-01-01") == new_year);
    CHECK(read("2024-02-29") == new_year - 307 * 24h);
    CHECK(read("2025-01-01 10:20") == new_year + 10h + 20min);
    CHECK(read("2025-01-01 10:20:30") == new_year + 10h + 20min + 30s);
    CHECK(read("2025-01-01T10:20:30Z") == new_year + 10h + 20min + 30s);
    CHECK(read("2025-01-01T10:20:30.5Z") == now_here);
    CHECK(read("2025-01-01T10:20:30.123456789Z") == new_year + 10h + 20min + 30s + 123456us);
    CHECK(read("2025-01-01T02:00:00+02:00") == new_year);
    CHECK(read("2024-12-31T19:00:00-0500") == new_year);
    CHECK(read("2025-01-01 02:00:00 +0200") == new_year);
    CHECK(read("2024-12-31T23:59:60Z") == new_year);
}

TEST_CASE("Unix seconds are read, with a fraction too") {
    CHECK(read("1735689600") == new_year);
    CHECK(read("1735689600.25") == new_year + 250ms);
    CHECK(read("999999999") == time_of(999'999'999'000'000));
}

TEST_CASE("nothing lies before 1970") {
    CHECK(read("999999 years ago") == Time{});
    CHECK(read("0000-01-01") == Time{});
    CHECK(read("1970-01-01T00:00:00+01:00") == Time{});
}

TEST_CASE("anything else is refused with the phrase and what would be understood") {
    for (const std::string_view phrase : {"",
                                          " ",
                                          "soon",
                                          "ago",
                                          "last",
                                          "hours",
                                          "last hours ago",
                                          "days ago",
                                          "-1 days ago",
                                          "1.5 days ago",
                                          "1000000 days ago",
                                          "30 days",
                                          "30 dayss ago",
                                          "s ago",
                                          "1 s ago",
                                          "tomorrow",
                                          "2025-13-01",
                                          "2025-02-29",
                                          "2025-00-10",
                                          "2025-01-00",
                                          "2025-1-1",
                                          "25-01-01",
                                          "2025-01-01T",
                                          "2025-01-01T24:00:00Z",
                                          "2025-01-01T10:60:00Z",
                                          "2025-01-01T10:00:61Z",
                                          "2025-01-01T10:00:00.Z",
                                          "2025-01-01T10:00:00+0",
                                          "2025-01-01T10:00:00+24:00",
                                          "2025-01-01T10:00:00Zx",
                                          "2025-01-01T10:00:00 Z Z",
                                          "12345678",
                                          "123456789012",
                                          "1735689600.",
                                          "1735689600.x",
                                          "17356896 00",
                                          "last hour or so",
                                          "1' OR 1=1",
                                          "2025/01/01"}) {
        CAPTURE(phrase);
        const auto error = error_of(time_of_phrase(phrase, now_here));
        CHECK(error.code == "time_invalid");
        CHECK(error.message.find("'" + std::string(phrase) + "'") != std::string::npos);
        CHECK(error.advice.find("30 days ago") != std::string::npos);
    }
}

TEST_CASE("a refused phrase is repeated printable and cut") {
    const auto error = error_of(time_of_phrase("\n\x1B[2J\xFF" + std::string(100'000, '1'), now_here));
    CHECK(error.message.find("'??[2J?11") != std::string::npos);
    CHECK(error.message.size() < 150);
}

}  // namespace time_phrase_test
