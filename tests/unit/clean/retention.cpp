#include "server/clean/retention.hpp"

#include "server/clean/sample_census.hpp"
#include "tests/unit/clean/depot_rooms.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace retention_test {

using namespace gatehouse::clean;
using namespace gatehouse::tests;
namespace records = gatehouse::records;

namespace {

std::size_t sweep(DepotRooms& rooms) {
    const auto retention = std::make_shared<gatehouse::clean::Retention>(rooms.loop.io.get_executor(), rooms.samples);
    const auto gone = rooms.loop.await(retention->sweep());
    REQUIRE(gone);
    return *gone;
}

}  // namespace

TEST_CASE("so much of a quota is kept that what comes next finds room", "[retention]") {
    gatehouse::config::SampleSettings settings;
    settings.quota_bytes = 1000;
    settings.body_bytes = 10;
    CHECK(kept_bytes(settings) == 900);
    settings.body_bytes = 300;
    CHECK(kept_bytes(settings) == 700);
    settings.body_bytes = 5000;
    CHECK(kept_bytes(settings) == 500);
}

TEST_CASE("what is too old goes: its row, its file, and a record that says what it was", "[retention]") {
    DepotRooms rooms;
    rooms.settings.keep_days = 1;
    const auto now = records::now();
    const auto old = rooms.submit("old", now - std::chrono::hours(25), "old.bin");
    const auto young = rooms.submit("young", now - std::chrono::hours(23));
    rooms.submit("both", now - std::chrono::hours(25));
    const auto again = rooms.submit("both", now);
    CHECK(sweep(rooms) == 2);
    CHECK(rooms.stored() == [&] {
        std::vector<std::string> kept{young.content->sha256, again.content->sha256};
        std::sort(kept.begin(), kept.end());
        return kept;
    }());
    const auto audit = rooms.audit();
    REQUIRE(audit.size() == 1);
    CHECK(audit[0].action == "samples.deleted");
    CHECK(audit[0].object == "2");
    const auto detail = nlohmann::json::parse(audit[0].detail);
    CHECK(detail["reason"] == "age");
    CHECK(detail["samples"][0]["id"] == old.id);
    CHECK(detail["samples"][0]["sha256"] == old.content->sha256);
    CHECK(detail["samples"][0]["filename"] == "old.bin");
    CHECK(sweep(rooms) == 0);
    CHECK(rooms.audit().size() == 1);
}

TEST_CASE("the oldest go until the rest has room in the quota", "[retention]") {
    DepotRooms rooms;
    for (int i = 0; i < 10; ++i)
        rooms.submit(std::string(100, static_cast<char>('a' + i)), new_year + std::chrono::minutes(i));
    rooms.settings.quota_bytes = 1000;
    rooms.settings.body_bytes = 100;
    CHECK(sweep(rooms) == 1);
    CHECK(rooms.stored().size() == 9);
    rooms.settings.quota_bytes = 500;
    CHECK(sweep(rooms) == 5);
    CHECK(rooms.store().used_bytes() == 400);
}

TEST_CASE("many that are too old go in batches, each record with room for what it names", "[retention]") {
    DepotRooms rooms;
    rooms.settings.keep_days = 1;
    for (int i = 0; i < 130; ++i)
        rooms.submit(std::to_string(i), new_year, std::string(1000, '\x01'));
    CHECK(sweep(rooms) == 130);
    CHECK(rooms.stored().empty());
    std::size_t named = 0;
    for (const auto& entry : rooms.audit())
        named += nlohmann::json::parse(entry.detail)["samples"].size();
    CHECK(named == 130);
}

TEST_CASE("a content that somebody submits meanwhile keeps its file", "[retention]") {
    DepotRooms rooms;
    const auto held = rooms.put("about to be submitted");
    const auto removed = [&]() -> boost::asio::awaitable<gatehouse::base::Result<void>> {
        std::vector<std::string> contents(1, held.content.sha256);
        co_await remove_unreferred(rooms.samples, std::move(contents));
        co_return gatehouse::base::Result<void>();
    };
    REQUIRE(rooms.loop.await(removed()));
    CHECK(rooms.stored() == std::vector<std::string>{held.content.sha256});
}

TEST_CASE("files without a row go, rows without a file are told", "[retention]") {
    DepotRooms rooms;
    const auto kept = rooms.submit("kept");
    const auto lost = rooms.submit("lost");
    std::filesystem::remove(rooms.store().place(lost.content->sha256));
    std::ignore = rooms.put("nobody's");
    REQUIRE(rooms.loop.await(compare_samples(rooms.samples)));
    CHECK(rooms.stored() == std::vector<std::string>{kept.content->sha256});
    CHECK(rooms.logged().find("sample.missing") != std::string::npos);
    CHECK(rooms.logged().find(lost.content->sha256) != std::string::npos);
}

}  // namespace retention_test
