#include "records/snapshot.hpp"

#include "records/migrations.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <fstream>
#include <thread>

namespace snapshot_test {

using namespace gatehouse;
using namespace gatehouse::records;
namespace fs = std::filesystem;

namespace {

std::string long_text(std::size_t size) {
    return std::string(size, 'x');
}

void add_setting(Database& database, const std::string& name, const std::string& json) {
    REQUIRE(database.change("INSERT INTO settings (name, json, changed) VALUES ($1, $2, $3)", {name, json, 1}));
}

std::int64_t settings_in(const fs::path& file) {
    auto database = Database::open(file);
    REQUIRE(database);
    return database->query("SELECT count(*) FROM settings")->front().integer(0);
}

}  // namespace

TEST_CASE("a database is copied with what is only in its log yet, and the one that is open goes on") {
    const tests::Folder folder;
    auto database = open_records(folder / "live.db");
    REQUIRE(database);
    for (int i = 0; i < 50; ++i)
        add_setting(*database, std::to_string(i), long_text(5000));
    REQUIRE(fs::file_size(folder / "live.db-wal") > 0);
    REQUIRE(copy_database(folder / "live.db", folder / "copy.db"));
    CHECK(examine_database(folder / "copy.db") == migrations().back().number);
    CHECK(settings_in(folder / "copy.db") == 50);
    CHECK_FALSE(copy_database(folder / "live.db", folder / "copy.db"));  // there already
    CHECK(copy_database(folder / "missing.db", folder / "other.db").error().code == "database_missing");
    CHECK_FALSE(fs::exists(folder / "missing.db"));
}

TEST_CASE("a copy is of one commit, whoever writes meanwhile") {
    const tests::Folder folder(tests::quick_place());
    auto made = open_records(folder / "live.db");
    REQUIRE(made);
    std::atomic<bool> over = false;
    std::thread writing([&] {
        auto database = Database::open(folder / "live.db");
        for (int i = 0; database && !over; i += 2) {
            auto transaction = Transaction::begin(*database);
            if (!transaction) break;
            add_setting(*database, std::to_string(i), long_text(3000));
            add_setting(*database, std::to_string(i + 1), long_text(3000));
            if (!transaction->commit()) break;
        }
    });
    std::int64_t last = -1;
    for (int i = 0; i < 20; ++i) {
        const fs::path copy = folder / ("copy" + std::to_string(i));
        REQUIRE(copy_database(folder / "live.db", copy));
        CHECK(examine_database(copy));
        const std::int64_t count = settings_in(copy);
        CHECK(count % 2 == 0);
        CHECK(count >= last);
        last = count;
    }
    over = true;
    writing.join();
    CHECK(last > 0);
}

TEST_CASE("a database that is damaged or of a newer version is told") {
    const tests::Folder folder;
    {
        auto database = open_records(folder / "a.db");
        REQUIRE(database);
        for (int i = 0; i < 50; ++i)
            add_setting(*database, std::to_string(i), long_text(5000));
    }
    fs::copy(folder / "a.db", folder / "newer.db");
    {
        auto newer = Database::open(folder / "newer.db");
        REQUIRE(newer);
        REQUIRE(newer->change("INSERT INTO migrations (number, applied) VALUES ($1, 1)", {10000}));
    }
    CHECK(examine_database(folder / "newer.db").error().code == "database_newer");
    {
        std::fstream file(folder / "a.db", std::ios::in | std::ios::out | std::ios::binary);
        for (int page = 5; page < 40; page += 5) {
            file.seekp(page * 4096);
            file << long_text(300);
        }
    }
    CHECK(examine_database(folder / "a.db").error().code == "database_damaged");
    folder.write("text", "no database, but a text that is long enough");
    CHECK(examine_database(folder / "text").error().code == "database_damaged");
}

TEST_CASE("known contents come page by page") {
    const tests::Folder folder;
    auto database = open_records(folder / "a.db");
    REQUIRE(database);
    for (const char* sha256 : {"c", "a", "b"}) {
        REQUIRE(
            database->change("INSERT INTO contents (sha256, sha1, md5, bytes, first_seen, last_seen, submissions) "
                             "VALUES ($1, '', '', 1, 1, 1, 1)",
                             {sha256}));
    }
    CHECK(*known_contents(*database, "", 2) == std::vector<std::string>{"a", "b"});
    CHECK(*known_contents(*database, "b", 2) == std::vector<std::string>{"c"});
    CHECK(known_contents(*database, "c", 2)->empty());
}

}  // namespace snapshot_test
