#include "server/http/date.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace date_test {

using namespace gatehouse;

TEST_CASE("dates are written as IMF-fixdate") {
    CHECK(http::format_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http::format_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http::format_date(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK(http::format_date(1709164800) == "Thu, 29 Feb 2024 00:00:00 GMT");
    CHECK(http::format_date(253402300799) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("the three forms of a date are read as the same moment") {
    CHECK(http::parse_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
    CHECK(http::parse_date("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
    CHECK(http::parse_date("Sun Nov  6 08:49:37 1994") == 784111777);
    CHECK(http::parse_date("Wed Nov 16 08:49:37 1994") == 784975777);
    CHECK(http::parse_date("Monday, 06-Nov-34 00:00:00 GMT") == 2046384000);
    for (const std::int64_t seconds : {0LL, 951782400LL, 1709164800LL, 4102444799LL}) {
        CHECK(http::parse_date(http::format_date(seconds)) == seconds);
    }
}

TEST_CASE("what is no date is not read as one") {
    for (const std::string text : {"",
                                   "now",
                                   ",",
                                   "Sun,",
                                   "Sun, ",
                                   "Sun, 06 Nov 1994 08:49:37",
                                   "Sun, 06 Nov 1994 08:49:37 GMT ",
                                   "Sun, 06 Nov 1994 08:49:37 UTC",
                                   "Sun, 6 Nov 1994 08:49:37 GMT",
                                   "Sun, 31 Feb 1994 08:49:37 GMT",
                                   "Sun, 00 Nov 1994 08:49:37 GMT",
                                   "Sun, 06 Nov 1994 24:49:37 GMT",
                                   "Sun, 06 Nov 1994 08:60:37 GMT",
                                   "Sun, 06 Nov 1994 08:49:61 GMT",
                                   "Sun, 06 nov 1994 08:49:37 GMT",
                                   "Xyz, 06 Nov 1994 08:49:37 GMT",
                                   "Sun, -6 Nov 1994 08:49:37 GMT",
                                   "Sun, 06 Nov +994 08:49:37 GMT",
                                   "Sunday, 06-Nov-1994 08:49:37 GMT",
                                   "Sun Nov 6 08:49:37 1994",
                                   "Sun Nov  6 08:49:37 94",
                                   "784111777"}) {
        INFO(text);
        CHECK(http::parse_date(text) == std::nullopt);
    }
}

}  // namespace date_test
