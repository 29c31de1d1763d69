#include "gatehousectl/event_reader.hpp"

#include <catch2/catch.hpp>

namespace event_reader_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;

namespace {

std::vector<Event> read(const std::string& text, std::size_t split, const std::string& last_id) {
    EventReader reader(last_id);
    std::vector<Event> events;
    for (const auto& part : {text.substr(0, split), text.substr(split)}) {
        auto some = reader.feed(part);
        REQUIRE(some);
        for (Event& event : *some)
            events.push_back(std::move(event));
    }
    return events;
}

// The events, after a check that they are the same however the bytes are cut.
std::vector<Event> read_all_ways(const std::string& text, const std::string& last_id = "") {
    const auto whole = read(text, 0, last_id);
    for (std::size_t split = 0; split <= text.size(); ++split) {
        INFO(text << " split at " << split);
        CHECK(read(text, split, last_id) == whole);
    }
    return whole;
}

using Events = std::vector<Event>;

}  // namespace

TEST_CASE("events are read however their bytes are cut, and whatever their line ends") {
    const Events expected{{"7", "certificate.changed", R"({"a":1})"}, {"8", "message", "b"}};
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        CHECK(read_all_ways("id: 7" + end + "event: certificate.changed" + end + R"(data: {"a":1})" + end + end +
                            ": beat" + end + end + "id:8" + end + "data:b" + end + end) == expected);
    }
}

TEST_CASE("the rules of the event stream hold") {
    CHECK(read_all_ways("data: a\ndata:  b\ndata\n\n") == Events{{"", "message", "a\n b\n"}});
    CHECK(read_all_ways("event: x\n\ndata: y\n\n") == Events{{"", "message", "y"}});  // no data: no event
    CHECK(read_all_ways("data: a\n\ndata: b\n\n", "41") == Events{{"41", "message", "a"}, {"41", "message", "b"}});
    CHECK(read_all_ways("id: 42\n\ndata: b\n\n", "41") == Events{{"42", "message", "b"}});
    CHECK(read_all_ways(std::string("id: 4\0002\ndata: b\n\n", 17), "41") == Events{{"41", "message", "b"}});
    CHECK(read_all_ways("\xEF\xBB\xBF"
                        "data: a\n\n") == Events{{"", "message", "a"}});
    CHECK(read_all_ways("retry: 10\nunknown: x\nunknown\ndata: a\n\n") == Events{{"", "message", "a"}});
    CHECK(read_all_ways("data: begun") == Events{});
    CHECK(read_all_ways("data: begun\n") == Events{});
}

TEST_CASE("an event that does not end is refused") {
    EventReader one_line;
    CHECK(one_line.feed("data: " + std::string(EventReader::event_bytes, 'x')).error().code == "event_too_large");
    EventReader many_lines;
    const std::string line = "data: " + std::string(1000, 'x') + "\n";
    base::Result<std::vector<Event>> fed;
    for (std::size_t i = 0; i <= EventReader::event_bytes / 1000 && fed; ++i)
        fed = many_lines.feed(line);
    REQUIRE_FALSE(fed);
    CHECK(fed.error().code == "event_too_large");
}

}  // namespace event_reader_test
