#include "server/samples/retention.hpp"

#include "server/samples/sample_census.hpp"
#include "tests/unit/clean/depot_rooms.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace retention_test {

using namespace gatehouse::samples;
using namespace gatehouse::tests;
namespace records = gatehouse::records;

namespace {

std::size_t sweep(DepotRooms& rooms) {
    const auto retention =
        std::make_shared<gatehouse::samples::Retention>(rooms.loop.io.get_executor(), rooms.samples.storage);
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
    settings.body_bytes = 10;
    CHECK(kept_bytes(settings, 300) == 600);
    CHECK(kept_bytes(settings, 5000) == 500);
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

TEST_CASE("of what was refused the file goes at once, unless it was here before or somebody else holds it",
          "[retention]") {
    DepotRooms rooms;
    const auto refuse = [&](HeldContent refused) -> boost::asio::awaitable<gatehouse::base::Result<void>> {
        co_await let_go(rooms.samples.storage, std::move(refused));
        co_return gatehouse::base::Result<void>();
    };
    REQUIRE(rooms.loop.await(refuse(rooms.put("refused"))));
    CHECK(rooms.stored().empty());

    const auto sample = rooms.submit("submitted");
    REQUIRE(rooms.loop.await(refuse(rooms.put("submitted"))));
    CHECK(rooms.stored() == std::vector<std::string>{sample.content->sha256});

    auto held = rooms.put("about to be submitted");
    const std::string sha256 = held.content.sha256;
    REQUIRE(rooms.loop.await(refuse(rooms.put("about to be submitted"))));
    CHECK(rooms.store().read(sha256));
    REQUIRE(rooms.loop.await(refuse(std::move(held))));
    CHECK(rooms.stored() == std::vector<std::string>{sample.content->sha256});
}

TEST_CASE("a file that no row refers to and that was not coming or going survives what is refused", "[retention]") {
    DepotRooms rooms;
    const auto refuse = [&](HeldContent refused) -> boost::asio::awaitable<gatehouse::base::Result<void>> {
        co_await let_go(rooms.samples.storage, std::move(refused));
        co_return gatehouse::base::Result<void>();
    };
    REQUIRE(rooms.store().keep(rooms.put("left by another database")));
    REQUIRE(rooms.loop.await(refuse(rooms.put("left by another database"))));
    CHECK(rooms.stored().size() == 1);
}

TEST_CASE("what bears a mark is settled by whether a row refers to it", "[retention]") {
    DepotRooms rooms;
    const auto sample = rooms.submit("submitted");
    const auto place_mark = [&](const std::string& sha256) {
        std::vector<ContentHolds::Intent> planned;
        planned.push_back(rooms.store().plan_removal(sha256));
        REQUIRE(rooms.store().mark(planned));
    };
    place_mark(sample.content->sha256);
    std::ignore = rooms.put("its row never came");
    CHECK(rooms.stored().size() == 4);  // with two marks
    REQUIRE(rooms.loop.await(settle_marked(rooms.samples.storage)));
    CHECK(rooms.stored() == std::vector<std::string>{sample.content->sha256});

    place_mark(sample.content->sha256);
    std::ignore = rooms.put("its row never came");
    rooms.with_database([&](records::Database& database) -> gatehouse::base::Result<bool> {
        settle_rest(rooms.samples.storage, database);
        return true;
    });
    CHECK(rooms.stored() == std::vector<std::string>{sample.content->sha256});
    CHECK(rooms.logged().empty());
}

TEST_CASE("a database that does not answer leaves the marks and their files", "[retention]") {
    DepotRooms rooms;
    const auto held = rooms.put("its row never came").content.sha256;
    rooms.with_database([](records::Database& database) -> gatehouse::base::Result<bool> {
        return database.run_script("ALTER TABLE contents RENAME TO elsewhere").map([] { return true; });
    });
    CHECK_FALSE(rooms.loop.await(settle_marked(rooms.samples.storage)));
    CHECK(rooms.store().is_marked(held));
    CHECK(rooms.store().read(held));
}

TEST_CASE("files without a row are told and kept, and take what the newest samples may", "[retention]") {
    DepotRooms rooms;
    const auto kept = rooms.submit("kept");
    const auto lost = rooms.submit("lost");
    std::filesystem::remove(rooms.store().place(lost.content->sha256));
    const auto unknown = rooms.put("nobody's").content.sha256;
    REQUIRE(rooms.store().keep(rooms.put("nobody's")));
    REQUIRE(rooms.loop.await(compare_samples(rooms.samples.storage)));
    std::vector<std::string> both{kept.content->sha256, unknown};
    std::sort(both.begin(), both.end());
    CHECK(rooms.stored() == both);
    CHECK(rooms.store().used_bytes() == 12);
    for (const std::string& part : {std::string("sample.missing"), lost.content->sha256, std::string("samples.unknown"),
                                    std::string("1 file in "), std::string("(8 bytes)"), unknown})
        CHECK(rooms.logged().find(part) != std::string::npos);
}

TEST_CASE("a store that the database knows wholly is told as such", "[retention]") {
    DepotRooms rooms;
    rooms.submit("kept");
    const auto coming = rooms.put("its row is not written yet");
    REQUIRE(rooms.loop.await(compare_samples(rooms.samples.storage)));
    CHECK(rooms.logged().find("samples.unknown") == std::string::npos);
    CHECK(rooms.logged().find("sample.missing") == std::string::npos);
}

TEST_CASE("files that the database does not know leave less of a quota for the rest, but never less than half of it",
          "[retention]") {
    DepotRooms rooms;
    for (int i = 0; i < 8; ++i)
        rooms.submit(std::string(100, static_cast<char>('a' + i)), new_year + std::chrono::minutes(i));
    rooms.settings.quota_bytes = 1000;
    rooms.settings.body_bytes = 100;
    CHECK(sweep(rooms) == 0);
    REQUIRE(rooms.store().keep(rooms.put(std::string(100, 'x'))));
    REQUIRE(rooms.store().keep(rooms.put(std::string(100, 'y'))));
    CHECK(sweep(rooms) == 1);
    REQUIRE(rooms.store().keep(rooms.put(std::string(5000, 'z'))));
    CHECK(sweep(rooms) == 2);
    CHECK(rooms.stored().size() == 8);
}

}  // namespace retention_test
