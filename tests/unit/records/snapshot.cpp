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
    constexpr int most_settings = 2000;
    std::atomic<bool> over = false;
    std::thread writing([&] {
        auto database = Database::open(folder / "live.db");
        for (int i = 0; database && !over; i += 2) {
            auto transaction = Transaction::begin(*database);
            if (!transaction) break;
            add_setting(*database, std::to_string(i), long_text(3000));
            add_setting(*database, std::to_string(i + 1), long_text(3000));
            // On a slow machine copies would never catch up with what grows.
            for (int old = i - most_settings; old >= 0 && old < i - most_settings + 2; ++old)
                REQUIRE(database->change("DELETE FROM settings WHERE name = $1", {std::to_string(old)}));
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

TEST_CASE("a database with a schema that is not ours to the letter is told, whatever of it that is") {
    const tests::Folder folder;
    REQUIRE(open_records(folder / "own.db"));
    CHECK(examine_database(folder / "own.db"));
    const std::string endless =
        "CREATE VIEW contents AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT printf('%064d', i) AS sha256, 3 AS bytes FROM n";
    for (const std::string& change :
         {std::string("CREATE TABLE other (a)"), std::string("CREATE VIEW other AS SELECT 1"),
          std::string("CREATE INDEX other ON settings (json)"),
          std::string("CREATE TRIGGER other AFTER UPDATE ON settings BEGIN DELETE FROM operators; END"),
          std::string("DROP TRIGGER audit_stays"), std::string("DROP INDEX audit_at"),
          std::string("ALTER TABLE settings ADD COLUMN other TEXT"),
          std::string("ALTER TABLE settings RENAME COLUMN json TO text"),
          std::string("DROP TRIGGER audit_stays; CREATE TRIGGER audit_stays AFTER DELETE ON audit BEGIN SELECT 1; END"),
          "DROP TABLE contents; " + endless, "ALTER TABLE contents RENAME TO real; " + endless,
          // Larger than any of ours, and no text.
          std::string("CREATE VIEW other AS SELECT '" + long_text(2'000'000) + "'")}) {
        INFO(change.substr(0, 200));
        const fs::path file = folder / "changed.db";
        fs::remove(file);
        fs::copy(folder / "own.db", file);
        {
            auto database = Database::open(file);
            REQUIRE(database);
            REQUIRE(database->run_script(change));
        }
        const auto examined = examine_database(file);
        REQUIRE_FALSE(examined);
        CHECK(examined.error().code == "database_foreign");
    }
}

TEST_CASE("a database of each step of ours is known as ours") {
    const tests::Folder folder;
    for (std::size_t count = 1; count <= migrations().size(); ++count) {
        const fs::path file = folder / std::to_string(count);
        {
            auto database = Database::open(file);
            REQUIRE(database);
            REQUIRE(migrate(*database, migrations().first(count)));
        }
        CHECK(examine_database(file) == migrations()[count - 1].number);
        REQUIRE(open_records(file));
        CHECK(examine_database(file) == migrations().back().number);
    }
}

TEST_CASE("who is asked to give up gives up, however long the work is") {
    const tests::Folder folder;
    auto database = open_records(folder / "a.db");
    REQUIRE(database);
    for (int i = 0; i < 5000; ++i)
        add_setting(*database, std::to_string(i), long_text(4000));
    const auto at_once = [] { return true; };
    CHECK(copy_database(folder / "a.db", folder / "b.db", at_once).error().code == "database_given_up");
    REQUIRE(copy_database(folder / "a.db", folder / "c.db"));
    CHECK(examine_database(folder / "c.db", at_once).error().code == "database_given_up");
    CHECK(examine_database(folder / "c.db"));
}

TEST_CASE("a value that is larger than any of ours is not taken into memory") {
    const tests::Folder folder;
    {
        auto database = open_records(folder / "a.db");
        REQUIRE(database);
        add_setting(*database, "large", long_text(20UL * 1024 * 1024));
    }
    auto database = open_untrusted(folder / "a.db");
    REQUIRE(database);
    CHECK(database->query("SELECT json FROM settings").error().code == "too_large");
}

TEST_CASE("known contents come page by page") {
    const tests::Folder folder;
    auto database = open_records(folder / "a.db");
    REQUIRE(database);
    const auto name = [](char c) { return std::string(64, c); };
    for (const std::string& sha256 : {name('c'), name('a'), name('b'), std::string("b"), name('b') + "b"}) {
        REQUIRE(
            database->change("INSERT INTO contents (sha256, sha1, md5, bytes, first_seen, last_seen, submissions) "
                             "VALUES ($1, '', '', 7, 1, 1, 1)",
                             {sha256}));
    }
    CHECK(*known_contents(*database, "", 2) == std::vector<KnownContent>{{name('a'), 7}, {name('b'), 7}});
    CHECK(*known_contents(*database, name('b'), 2) == std::vector<KnownContent>{{name('c'), 7}});
    CHECK(known_contents(*database, name('c'), 2)->empty());
}

}  // namespace snapshot_test
