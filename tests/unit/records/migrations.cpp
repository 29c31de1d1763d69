#include "records/migrations.hpp"

#include "base/hex.hpp"
#include "records/digest.hpp"
#include "tests/unit/records/box.hpp"

#include <array>
#include <thread>

namespace migrations_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;

constexpr std::array two_steps{
    Migration{1, "CREATE TABLE first (a INTEGER) STRICT;"},
    Migration{2, "ALTER TABLE first ADD COLUMN b TEXT; CREATE TABLE second (c TEXT) STRICT;"}};

std::vector<std::string> names(Database& database) {
    std::vector<std::string> all;
    const auto rows = database.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    REQUIRE(rows);
    for (const Row& row : *rows)
        all.push_back(row.text(0));
    return all;
}

}  // namespace

TEST_CASE("a step that was released is never edited: a change is a further step") {
    // The digest of each step, as it was when it was released.
    const std::vector<std::pair<int, std::string>> released{
        {1, "cf809b3a616124d956fe7827ee3d0ae11963805e2fa9e9d09364b677f1bca30e"},
        {2, "6310ecb4cb919dc78ae632bd7b6bbb749924720354e29ec20e76b38a871be779"},
        {3, "36ab10ac59148b5e5408285a0696d5bbb3f1aa663b0ac5d65097896fc0401bc9"},
        {4, "78a8d9b2a85ee82ff3e29955d9d8c8f6b246a119388e0f128a2613fd9d1cfd97"},
        {5, "fc7a988bf86b1c9a136d82859575753039d53859a01901789ca06ff182f34336"},
        {6, "467126dcf930e66021dffae7eee40b34233e5ee2528f0e11f37b14631444ab2f"},
        {7, "4ac362c3f6ec71dbe02375de62bbfd87148cf729e0e42ad312dcdc68b3217683"},
        {8, "c36e2f928b89a8ec625699620ca9c080d73964a5db71a7edc2e26fb370329fa9"}};
    REQUIRE(migrations().size() == released.size());
    for (std::size_t i = 0; i < released.size(); ++i) {
        CHECK(migrations()[i].number == released[i].first);
        const Digest digest = digest_of(migrations()[i].sql);
        CHECK(gatehouse::base::to_hex(bytes_of(digest).data) == released[i].second);
    }
}

TEST_CASE("all tables but full-text indexes are strict, and opening again changes nothing") {
    const Box box;
    {
        auto database = box.open();
        const auto lax = database.query(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type NOT IN ('virtual', 'shadow') "
            "AND strict = 0 AND name NOT LIKE 'sqlite_%'");
        REQUIRE(lax);
        CHECK(lax->empty());
        REQUIRE(database.change("INSERT INTO settings (name, json, changed) VALUES ('a', '1', 0)", {}));
    }
    auto again = box.open();
    CHECK(again.query("SELECT count(*) FROM settings")->front().integer(0) == 1);
    CHECK(again.query("SELECT count(*) FROM migrations")->front().integer(0) ==
          static_cast<std::int64_t>(migrations().size()));
}

TEST_CASE("only the steps that are missing are applied") {
    const Box box;
    auto database = Database::open(box.file);
    REQUIRE(database);
    REQUIRE(migrate(*database, std::span(two_steps).first(1)));
    REQUIRE(database->change("INSERT INTO first (a) VALUES (7)", {}));
    REQUIRE(migrate(*database, two_steps));
    REQUIRE(migrate(*database, two_steps));
    CHECK(database->query("SELECT a FROM first WHERE b IS NULL")->front().integer(0) == 7);
    CHECK(names(*database) == std::vector<std::string>{"first", "migrations", "second"});
}

TEST_CASE("a step that fails takes all steps of that start back") {
    const Box box;
    auto database = Database::open(box.file);
    REQUIRE(database);
    const std::array faulty{two_steps[0],
                            Migration{2, "CREATE TABLE second (c TEXT) STRICT; CREATE TABLE first (x TEXT);"}};
    CHECK(error_of(migrate(*database, faulty)).code == "database_error");
    CHECK(names(*database).empty());
    REQUIRE(migrate(*database, two_steps));
}

TEST_CASE("a database that a newer version has used is refused and left alone") {
    const Box box;
    {
        auto database = Database::open(box.file);
        REQUIRE(migrate(*database, two_steps));
    }
    auto database = Database::open(box.file);
    const auto error = error_of(migrate(*database, std::span(two_steps).first(1)));
    CHECK(error.kind == ErrorKind::unavailable);
    CHECK(error.code == "database_newer");
    CHECK(error.message.find(box.file.string()) != std::string::npos);
    CHECK(error.message.find("newer version") != std::string::npos);
    CHECK_FALSE(error.advice.empty());
    CHECK(names(*database) == std::vector<std::string>{"first", "migrations", "second"});
}

TEST_CASE("a database that is somebody else's is refused and left alone") {
    const Box box;
    {
        auto database = Database::open(box.file);
        REQUIRE(database->run_script("CREATE TABLE theirs (a TEXT)"));
    }
    CHECK(error_of(open_records(box.file)).code == "database_foreign");
    auto database = Database::open(box.file);
    CHECK(names(*database) == std::vector<std::string>{"theirs"});
}

TEST_CASE("threads that open a new database at the same moment all find it complete") {
    for (int round = 0; round < 10; ++round) {
        const Box box;
        std::vector<std::string> errors(4);
        std::vector<std::thread> threads;
        for (std::string& error : errors) {
            threads.emplace_back([&] {
                const auto database = open_records(box.file);
                if (!database) error = database.error().text();
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        for (const std::string& error : errors) {
            CAPTURE(error);
            CHECK(error.empty());
        }
        auto database = box.open();
        CHECK(database.query("SELECT count(*) FROM migrations")->front().integer(0) ==
              static_cast<std::int64_t>(migrations().size()));
    }
}

}  // namespace migrations_test
