#include "gatehousectl/times.hpp"

#include <catch2/catch.hpp>

namespace times_test {

using namespace gatehouse::gatehousectl;

namespace {

const auto now = std::chrono::system_clock::from_time_t(1772445491);  // 2026-03-02T09:58:11Z

std::string parse(std::string_view text, Direction direction = Direction::past) {
    const auto time = parse_time(text, "--since", direction, now);
    if (time) return *time;
    CHECK(time.error().exit == Exit::usage);
    CHECK(time.error().error.message.find("--since") == 0);
    return "misuse";
}

}  // namespace

TEST_CASE("a point in time is taken as people write it") {
    CHECK(parse("2026-03-01T06:00:00Z") == "2026-03-01T06:00:00Z");
    CHECK(parse("2026-03-01T06:00:00.25+01:00") == "2026-03-01T06:00:00.25+01:00");
    CHECK(parse("2026-03-01") == "2026-03-01T00:00:00Z");
    CHECK(parse("11s") == "2026-03-02T09:58:00Z");
    CHECK(parse("58m") == "2026-03-02T09:00:11Z");
    CHECK(parse("10h") == "2026-03-01T23:58:11Z");
    CHECK(parse("2d") == "2026-02-28T09:58:11Z");
    CHECK(parse("1w") == "2026-02-23T09:58:11Z");
    CHECK(parse("365d", Direction::future) == "2027-03-02T09:58:11Z");
}

TEST_CASE("what is no point in time is misuse") {
    for (const std::string_view text :
         {"", "d", "7", "7x", "-7d", "7.5d", "7 d", "999999999999d", "200000w", "yesterday", "2026-3-1", "2026-03-01T",
          "2026-03-01T06:00:00", "2026-03-01 06:00:00Z", "2026-03-01T06:00:00.Z", "2026-03-01T06:00:00.5",
          "20260301"}) {
        INFO(text);
        CHECK(parse(text) == "misuse");
    }
}

}  // namespace times_test
