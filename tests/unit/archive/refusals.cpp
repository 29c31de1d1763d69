#include "server/archive/refusals.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace refusals_test {

using gatehouse::archive::Refusals;
using gatehouse::archive::Refused;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const Refusals::Moment start{std::chrono::hours(100)};

Refused of(std::string name, std::string network = "192.0.2.0", std::string code = "credentials_wrong") {
    return {.name = std::move(name), .network = std::move(network), .address = "192.0.2.7", .code = std::move(code)};
}

}  // namespace

TEST_CASE("the first refusal of a name and network is recorded at once, more of them only a minute later, counted") {
    Refusals refusals;
    const auto first = refusals.add(of("ada"), start);
    REQUIRE(first);
    CHECK(first->name == "ada");
    CHECK(first->address == "192.0.2.7");
    CHECK(first->code == "credentials_wrong");
    CHECK(first->count == 1);
    CHECK(refusals.add(of("bob"), start));
    CHECK(refusals.add(of("ada", "198.51.100.0"), start));
    for (int i = 0; i < 7; ++i)
        CHECK_FALSE(refusals.add(of("ada", "192.0.2.0", "otp_wrong"), start + seconds(59)));
    CHECK(refusals.due(start + seconds(59)).empty());
    const auto due = refusals.due(start + minutes(1));
    REQUIRE(due.size() == 1);
    CHECK(due[0].name == "ada");
    CHECK(due[0].code == "otp_wrong");
    CHECK(due[0].count == 7);
    CHECK(refusals.due(start + minutes(5)).empty());
}

TEST_CASE("who goes on after a minute gets the next record, which stands for what was folded too") {
    Refusals refusals;
    REQUIRE(refusals.add(of("ada"), start));
    CHECK_FALSE(refusals.add(of("ada"), start + seconds(30)));
    const auto next = refusals.add(of("ada"), start + minutes(1));
    REQUIRE(next);
    CHECK(next->count == 2);
    CHECK_FALSE(refusals.add(of("ada"), start + seconds(119)));
}

TEST_CASE("a record of what was folded is the one of its minute") {
    Refusals refusals;
    REQUIRE(refusals.add(of("ada"), start));
    CHECK_FALSE(refusals.add(of("ada"), start));
    REQUIRE(refusals.due(start + seconds(70)).size() == 1);
    CHECK_FALSE(refusals.add(of("ada"), start + seconds(71)));
    CHECK(refusals.due(start + seconds(130)).size() == 1);
}

TEST_CASE("however many names are tried, records are bounded and one says how many were left out") {
    Refusals refusals;
    std::size_t recorded = 0;
    std::uint64_t attempts = 0;
    std::uint64_t told = 0;
    for (int second = 0; second < 600; ++second) {
        for (int i = 0; i < 50; ++i) {
            const auto name =
                i % 2 == 0 ? "again" + std::to_string(i) : std::to_string(second) + "." + std::to_string(i);
            ++attempts;
            if (const auto record = refusals.add(of(name), start + seconds(second))) {
                ++recorded;
                told += record->count;
            }
        }
        if (second % 30 != 0) continue;
        for (const auto& record : refusals.due(start + seconds(second))) {
            ++recorded;
            told += record.count;
        }
    }
    CHECK(recorded <= 10 * (Refusals::most_a_minute + 1));
    for (int minute = 11; minute < 14; ++minute) {
        for (const auto& record : refusals.due(start + minutes(minute)))
            told += record.count;
    }
    CHECK(told == attempts);
}

TEST_CASE("what is left out is told once a minute, without a name") {
    Refusals refusals;
    for (std::size_t i = 0; i < Refusals::most_a_minute; ++i)
        CHECK(refusals.add(of(std::to_string(i)), start));
    CHECK_FALSE(refusals.add(of("one more"), start));
    const auto due = refusals.due(start + seconds(1));
    REQUIRE(due.size() == 1);
    CHECK(due[0].name.empty());
    CHECK(due[0].code == "too_many");
    CHECK(due[0].count == 1);
    CHECK_FALSE(refusals.add(of("yet one more"), start + seconds(2)));
    CHECK(refusals.due(start + seconds(31)).empty());
    CHECK(refusals.due(start + seconds(61)).size() == 1);
    CHECK(refusals.add(of("later"), start + seconds(62)));
}

TEST_CASE("what was refused tells one from another too, and the record of those folded has the last one's object") {
    Refusals refusals;
    const auto refused = [](std::string action, std::string object) {
        Refused one = of("ada", "", "no_user");
        one.action = std::move(action);
        one.object = std::move(object);
        return one;
    };
    REQUIRE(refusals.add(refused("user.removed", "bob"), start));
    REQUIRE(refusals.add(refused("user.changed", "bob"), start));
    CHECK_FALSE(refusals.add(refused("user.removed", "cy"), start));
    CHECK_FALSE(refusals.add(refused("user.removed", "di"), start));
    const auto due = refusals.due(start + minutes(1));
    REQUIRE(due.size() == 1);
    CHECK(due[0].action == "user.removed");
    CHECK(due[0].object == "di");
    CHECK(due[0].count == 2);
}

}  // namespace refusals_test
