#include "server/http/rfc3339.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

namespace rfc3339_test {

using namespace gatehouse;
using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

std::optional<std::int64_t> parsed(std::string_view text) {
    const auto time = http::parse_rfc3339(text);
    return time ? std::optional<std::int64_t>(time->time_since_epoch().count()) : std::nullopt;
}

}  // namespace

TEST_CASE("times are written in UTC, in seconds or with six digits more") {
    CHECK(http::format_rfc3339(sys_seconds(seconds(0))) == "1970-01-01T00:00:00Z");
    CHECK(http::format_rfc3339(sys_seconds(seconds(1709211900))) == "2024-02-29T13:05:00Z");
    CHECK(http::format_rfc3339(sys_seconds(seconds(-1))) == "1969-12-31T23:59:59Z");
    CHECK(http::format_rfc3339(http::Microseconds(microseconds(1709211900'000250))) == "2024-02-29T13:05:00.000250Z");
    CHECK(http::format_rfc3339(http::Microseconds(microseconds(0))) == "1970-01-01T00:00:00.000000Z");
    CHECK(http::format_rfc3339(http::Microseconds(microseconds(-1))) == "1969-12-31T23:59:59.999999Z");
    CHECK(http::format_rfc3339(sys_seconds(seconds(253402300799))) == "9999-12-31T23:59:59Z");
    CHECK(http::format_rfc3339(sys_seconds(seconds(-62167219200))) == "0000-01-01T00:00:00Z");
}

TEST_CASE("a time is read in every form that RFC 3339 gives it") {
    CHECK(parsed("2024-02-29T13:05:00Z") == 1709211900'000000);
    CHECK(parsed("2024-02-29t13:05:00z") == 1709211900'000000);
    CHECK(parsed("2024-02-29T13:05:00.00025Z") == 1709211900'000250);
    CHECK(parsed("2024-02-29T13:05:00.5Z") == 1709211900'500000);
    CHECK(parsed("2024-02-29T13:05:00.123456789123456789Z") == 1709211900'123456);
    CHECK(parsed("2024-02-29T15:05:00+02:00") == 1709211900'000000);
    CHECK(parsed("2024-02-29T07:35:00.25-05:30") == 1709211900'250000);
    CHECK(parsed("2024-02-29T13:05:00-00:00") == 1709211900'000000);
    CHECK(parsed("2024-03-01T00:05:00+11:00") == 1709211900'000000);
    CHECK(parsed("1969-12-31T23:59:59.999999Z") == -1);
    CHECK(parsed("2016-12-31T23:59:60Z") == 1483228800'000000);
    for (const std::int64_t time : {0LL, 1LL, 951782399'999999LL, 253402300799'999999LL, -62167219200'000000LL}) {
        CHECK(parsed(http::format_rfc3339(http::Microseconds(microseconds(time)))) == time);
    }
}

TEST_CASE("what is no time, or none in UTC, is not read as one") {
    for (const std::string text : {"",
                                   "now",
                                   "2024-02-29",
                                   "2024-02-29T13:05Z",
                                   "2024-02-29T13:05:00",
                                   "2024-02-29 13:05:00Z",
                                   "2024-02-29T13:05:00.Z",
                                   "2024-02-29T13:05:00,5Z",
                                   "2024-02-29T13:05:00Z ",
                                   " 2024-02-29T13:05:00Z",
                                   "2024-02-29T13:05:00ZZ",
                                   "2024-02-29T13:05:00+0200",
                                   "2024-02-29T13:05:00+02",
                                   "2024-02-29T13:05:00+24:00",
                                   "2024-02-29T13:05:00+02:60",
                                   "2024-02-29T13:05:00+2:00",
                                   "2023-02-29T13:05:00Z",
                                   "2024-02-30T13:05:00Z",
                                   "2024-13-01T13:05:00Z",
                                   "2024-00-01T13:05:00Z",
                                   "2024-01-00T13:05:00Z",
                                   "2024-02-29T24:00:00Z",
                                   "2024-02-29T13:60:00Z",
                                   "2024-02-29T13:05:61Z",
                                   "24-02-29T13:05:00Z",
                                   "+2024-02-29T13:05:00Z",
                                   "-024-02-29T13:05:00Z",
                                   "2024-2-29T13:05:00Z",
                                   "2024-02-29T13:5:00Z",
                                   "2024-02-29T-1:05:00Z",
                                   "20240229T130500Z",
                                   "9999-12-31T23:59:59-00:01",
                                   "9999-12-31T23:59:60Z",
                                   "0000-01-01T00:00:00+00:01",
                                   "1709211900"}) {
        INFO(text);
        CHECK(parsed(text) == std::nullopt);
    }
}

}  // namespace rfc3339_test
