#include "records/database.hpp"

#include "tests/unit/base/another_user.hpp"
#include "tests/unit/records/box.hpp"

#include <atomic>
#include <csignal>
#include <fstream>
#include <limits>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace database_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::tests::AnotherUser;
using gatehouse::tests::error_of;
using gatehouse::tests::Folder;
namespace fs = std::filesystem;

// A database with one empty table.
struct Shelf {
    Folder folder;
    fs::path file = folder / "shelf.db";
    Database database = opened();

    [[nodiscard]] Database opened(Database::Options options = {}) const {
        auto opened = Database::open(file, options);
        if (!opened) throw std::runtime_error(opened.error().text());
        const auto made = opened->run_script(
            "CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, number INTEGER, share REAL, "
            "data BLOB) STRICT; CREATE TABLE IF NOT EXISTS parts (thing INTEGER NOT NULL REFERENCES things (id)) "
            "STRICT");
        if (!made) throw std::runtime_error(made.error().text());
        return std::move(*opened);
    }
    std::int64_t count(Database& of) const {
        const auto rows = of.query("SELECT count(*) FROM things");
        REQUIRE(rows);
        return rows->front().integer(0);
    }
};

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

// No file of this process may grow beyond `bytes`, until the end of the scope.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : former_action_(std::signal(SIGXFSZ, SIG_IGN)) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &former_) == 0);
        const rlimit limit{bytes, former_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &former_);
        std::signal(SIGXFSZ, former_action_);
    }

private:
    rlimit former_{};
    void (*former_action_)(int);
};

// A file system of 256 KiB, where one can be mounted.
class SmallDisk {
public:
    explicit SmallDisk(const fs::path& folder) : folder_(folder) {
        mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=256k") == 0;
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    [[nodiscard]] bool mounted() const { return mounted_; }

private:
    fs::path folder_;
    bool mounted_ = false;
};

// Adds things of 1000 bytes until one fails; at most 10000.
gatehouse::base::Error fill(Database& database) {
    const std::string data(1000, 'x');
    for (int i = 0; i < 10000; ++i) {
        const auto added = database.change("INSERT INTO things (data) VALUES ($1)", {Bytes{data}});
        if (!added) return added.error();
    }
    FAIL("the disk never became full");
    return {};
}

}  // namespace

TEST_CASE("values of every type come back as they were") {
    Shelf shelf;
    std::string every;
    for (int byte = 0; byte < 256; ++byte)
        every += static_cast<char>(byte);
    for (const std::int64_t number : {std::int64_t{0}, std::numeric_limits<std::int64_t>::min(),
                                      std::numeric_limits<std::int64_t>::max(), std::int64_t{5'000'000'000}}) {
        const auto rows = shelf.database.query(
            "INSERT INTO things (name, number, share, data) VALUES ($1, $2, $3, $4) "
            "RETURNING name, number, share = 0.1, data",
            {"K\xC3\xB6ln " + std::to_string(number), number, 0.1, Bytes{every}});
        REQUIRE(rows);
        REQUIRE(rows->size() == 1);
        CHECK(rows->front().text(0) == "K\xC3\xB6ln " + std::to_string(number));
        CHECK(rows->front().integer(1) == number);
        CHECK(rows->front().truth(2));
        CHECK(rows->front().bytes(3) == every);
    }
}

TEST_CASE("the empty text and empty bytes are not null, and null is neither") {
    Shelf shelf;
    const auto rows = shelf.database.query(
        "INSERT INTO things (name, data, number, share) VALUES ($1, $2, $3, $4) RETURNING name, data, number, share",
        {std::string_view(), Bytes{}, nullptr, std::optional<std::int64_t>()});
    REQUIRE(rows);
    const Row& row = rows->front();
    CHECK_FALSE(row.is_null(0));
    CHECK(row.text(0).empty());
    CHECK_FALSE(row.is_null(1));
    CHECK(row.bytes(1).empty());
    CHECK(row.is_null(2));
    CHECK(row.is_null(3));
    CHECK_FALSE(row.optional_time(2));
    CHECK_THROWS(row.integer(2));
    CHECK_THROWS(row.text(4));
}

TEST_CASE("parameters are bound by their names, in whatever order the text has them") {
    Shelf shelf;
    const auto rows = shelf.database.query("SELECT $2, $1, $2", {"first", "second"});
    REQUIRE(rows);
    CHECK(rows->front().text(0) == "second");
    CHECK(rows->front().text(1) == "first");
    CHECK(rows->front().text(2) == "second");
}

TEST_CASE("a query that does not fit its parameters is refused as our mistake, and none is run by half") {
    Shelf shelf;
    for (const std::string_view sql :
         {"SELECT $1, $2", "SELECT 1", "SELECT ?", "SELECT $1, $3", "SELECT :name", "SELECT $1; SELECT $1", "",
          "SELECT $1 FROM nowhere", "SELECT \"no such column\", $1"}) {
        CAPTURE(sql);
        const auto error = error_of(shelf.database.query(sql, {1}));
        CHECK(error.kind == ErrorKind::internal);
        CHECK(error.code == "database_error");
    }
}

TEST_CASE("a text with NUL or that is no UTF-8 is refused and not told") {
    Shelf shelf;
    for (const std::string_view text : {std::string_view("se\0cret", 7), std::string_view("secret\xFF")}) {
        const auto error = error_of(shelf.database.query("INSERT INTO things (name) VALUES ($1)", {text}));
        CHECK(error.kind == ErrorKind::input);
        CHECK(error.code == "text_invalid");
        CHECK(error.text().find("se") == std::string::npos);
    }
    CHECK(shelf.count(shelf.database) == 0);
    CHECK(shelf.database.query("INSERT INTO things (name) VALUES ($1)", {"fine"}));
}

TEST_CASE("what the schema refuses is told by its kind, without the value") {
    Shelf shelf;
    const std::string value = "hunter2";
    REQUIRE(shelf.database.change("INSERT INTO things (id, name) VALUES (1, $1)", {value}));
    REQUIRE(shelf.database.change("INSERT INTO parts (thing) VALUES ($1)", {1}));
    const auto refusal = [&](std::string_view sql) { return error_of(shelf.database.query(sql, {value})); };

    const auto unique = refusal("INSERT INTO things (name) VALUES ($1)");
    CHECK(unique.kind == ErrorKind::conflict);
    CHECK(unique.code == "record_exists");
    const auto same_key = refusal("INSERT INTO things (id, name) VALUES (1, $1 || 'x')");
    CHECK(same_key.code == "record_exists");
    const auto type = refusal("INSERT INTO things (number) VALUES ($1)");
    CHECK(type.code == "database_error");
    const auto null = refusal("INSERT INTO parts (thing) SELECT NULL WHERE $1 <> ''");
    CHECK(null.code == "database_error");
    const auto missing = refusal("INSERT INTO parts (thing) SELECT 7 WHERE $1 <> ''");
    CHECK(missing.kind == ErrorKind::conflict);
    CHECK(missing.code == "record_referenced");
    const auto needed = refusal("DELETE FROM things WHERE name = $1");
    CHECK(needed.code == "record_referenced");
    for (const auto& error : {unique, same_key, type, null, missing, needed}) {
        CHECK(error.text().find(value) == std::string::npos);
        CHECK(error.text().find(shelf.file.string()) != std::string::npos);
    }
}

TEST_CASE("the file is set up so that nothing committed is lost and nothing in it is run") {
    Shelf shelf;
    const auto pragma = [&](const std::string& name) { return shelf.database.query("PRAGMA " + name)->front(); };
    CHECK(pragma("journal_mode").text(0) == "wal");
    CHECK(pragma("synchronous").integer(0) == 2);
    CHECK(pragma("foreign_keys").integer(0) == 1);
    CHECK(pragma("trusted_schema").integer(0) == 0);
    CHECK_FALSE(shelf.database.query("SELECT \"text in the wrong quotes\""));
    REQUIRE(shelf.database.query("PRAGMA writable_schema = ON"));
    CHECK_FALSE(shelf.database.query("UPDATE sqlite_schema SET sql = '' WHERE name = 'things'"));
}

TEST_CASE("the database's files are the owner's alone, also where they were not") {
    const mode_t former = ::umask(0);
    Shelf shelf;
    REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('a')", {}));
    CHECK(mode_of(shelf.file) == 0600);
    CHECK(mode_of(shelf.folder / "shelf.db-wal") == 0600);
    CHECK(mode_of(shelf.folder / "shelf.db-shm") == 0600);
    const auto loose = shelf.folder / "loose.db";
    std::ofstream(loose).flush();
    REQUIRE(::chmod(loose.c_str(), 0666) == 0);
    CHECK(Database::open(loose));
    CHECK(mode_of(loose) == 0600);
    ::umask(former);
}

TEST_CASE("what can't be opened says which file, and why") {
    const Folder folder;
    CHECK(error_of(Database::open(folder / "missing/a.db")).kind == ErrorKind::not_found);
    CHECK(error_of(Database::open(folder.path())).code == "file_not_regular");

    const std::string noise(8192, 'n');
    folder.write("noise.db", noise);
    const auto error = error_of(Database::open(folder / "noise.db"));
    CHECK(error.kind == ErrorKind::io);
    CHECK(error.code == "database_damaged");
    CHECK(error.message.find((folder / "noise.db").string()) != std::string::npos);
    CHECK_FALSE(error.advice.empty());
    CHECK(fs::file_size(folder / "noise.db") == noise.size());
}

TEST_CASE("a file or folder that is not ours is told as denied") {
    if (::geteuid() != 0) return;  // a user without rights can't make what it may not read
    const Folder folder;
    REQUIRE(Database::open(folder / "root.db"));
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    const Folder own;
    REQUIRE(::chown(own.path().c_str(), AnotherUser::id, AnotherUser::id) == 0);
    folder.write("open", "");
    REQUIRE(::chmod((folder / "open").c_str(), 0604) == 0);
    const AnotherUser nobody;
    CHECK(error_of(Database::open(folder / "root.db")).code == "database_denied");
    CHECK(error_of(Database::open(folder / "new.db")).code == "file_denied");
    CHECK(error_of(Database::open(folder / "open")).advice == "Run: chown nobody " + (folder / "open").string());
    fs::create_symlink(folder / "open", own / "link.db");
    CHECK(error_of(Database::open(own / "link.db")).advice.starts_with("Run: gatehousectl adopt."));
}

TEST_CASE("a damaged page is told as damage") {
    Shelf shelf;
    for (int i = 0; i < 200; ++i)
        REQUIRE(shelf.database.change("INSERT INTO things (data) VALUES (zeroblob(1000))", {}));
    REQUIRE(shelf.database.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    {
        std::fstream raw(shelf.file, std::ios::in | std::ios::out | std::ios::binary);
        for (int page = 2; page < 20; ++page) {
            raw.seekp(page * 4096);
            raw << std::string(4096, '\xAA');
        }
    }
    auto again = Database::open(shelf.file);
    REQUIRE(again);
    CHECK(error_of(again->query("SELECT sum(length(data)) FROM things")).code == "database_damaged");
}

TEST_CASE("changes of a transaction happen together or not at all") {
    Shelf shelf;
    {
        auto transaction = Transaction::begin(shelf.database);
        REQUIRE(transaction);
        REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('a')", {}));
        CHECK(shelf.count(shelf.database) == 1);
    }
    CHECK(shelf.count(shelf.database) == 0);
    {
        auto transaction = Transaction::begin(shelf.database);
        REQUIRE(transaction);
        REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('a')", {}));
        REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('b')", {}));
        REQUIRE(transaction->commit());
        CHECK(error_of(transaction->commit()).code == "transaction_lost");
    }
    CHECK(shelf.count(shelf.database) == 2);
}

TEST_CASE("an inner transaction takes only its own changes along, and waits for the outer one") {
    Shelf shelf;
    auto other = shelf.opened();
    {
        auto outer = Transaction::begin(shelf.database);
        REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('outer')", {}));
        {
            auto inner = Transaction::begin(shelf.database);
            REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('undone')", {}));
            auto innermost = Transaction::begin(shelf.database);
            REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('undone too')", {}));
            REQUIRE(innermost->commit());
        }
        {
            auto inner = Transaction::begin(shelf.database);
            REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('kept')", {}));
            REQUIRE(inner->commit());
        }
        CHECK(shelf.count(other) == 0);
        REQUIRE(outer->commit());
    }
    const auto rows = other.query("SELECT name FROM things ORDER BY id");
    REQUIRE(rows->size() == 2);
    CHECK((*rows)[0].text(0) == "outer");
    CHECK((*rows)[1].text(0) == "kept");
    {
        auto outer = Transaction::begin(shelf.database);
        auto inner = Transaction::begin(shelf.database);
        REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('gone with the outer')", {}));
        REQUIRE(inner->commit());
    }
    CHECK(shelf.count(other) == 2);
}

TEST_CASE("while one connection changes something another waits, and says so when it waited for too long") {
    Shelf shelf;
    auto hasty = shelf.opened({std::chrono::milliseconds(1)});
    auto transaction = Transaction::begin(shelf.database);
    REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('a')", {}));
    const auto error = error_of(hasty.change("INSERT INTO things (name) VALUES ('b')", {}));
    CHECK(error.kind == ErrorKind::unavailable);
    CHECK(error.code == "database_busy");
    CHECK_FALSE(Transaction::begin(hasty));
    CHECK(shelf.count(hasty) == 0);  // readers are not kept waiting
    REQUIRE(transaction->commit());
    CHECK(hasty.change("INSERT INTO things (name) VALUES ('b')", {}));
}

TEST_CASE("connections of several threads that read and then write never lose each other's changes") {
    Shelf shelf;
    REQUIRE(shelf.database.change("INSERT INTO things (id, number) VALUES (1, 0)", {}));
    constexpr int rounds = 50;
    constexpr int writers = 4;
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i) {
        threads.emplace_back([&] {
            auto database = Database::open(shelf.file, {std::chrono::seconds(60)});
            if (!database) ++failures;
            for (int round = 0; database && round < rounds; ++round) {
                auto transaction = Transaction::begin(*database);
                const auto rows = database->query("SELECT number FROM things WHERE id = 1");
                if (!transaction || !rows ||
                    !database->change("UPDATE things SET number = $1 WHERE id = 1", {rows->front().integer(0) + 1}) ||
                    !transaction->commit()) {
                    ++failures;
                }
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(failures == 0);
    CHECK(shelf.database.query("SELECT number FROM things")->front().integer(0) == rounds * writers);
}

TEST_CASE("what was committed is there after the process was killed, and what was not is gone") {
    Shelf shelf;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto database = Database::open(shelf.file);
        const bool first = database && database->change("INSERT INTO things (name) VALUES ('committed')", {});
        auto transaction = Transaction::begin(*database);
        const bool second = database->change("INSERT INTO things (name) VALUES ('open')", {}).has_value();
        if (!first || !second) ::_exit(1);
        ::raise(SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    auto again = Database::open(shelf.file);
    REQUIRE(again);
    const auto rows = again->query("SELECT name FROM things");
    REQUIRE(rows->size() == 1);
    CHECK(rows->front().text(0) == "committed");
}

TEST_CASE("a file that may not grow is told as a full disk, and the database works on once it may") {
    Shelf shelf;
    REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('before')", {}));
    const auto present = fs::file_size(shelf.folder / "shelf.db-wal");
    {
        const FileSizeLimit limit(present + 40000);
        const auto error = fill(shelf.database);
        CAPTURE(error.message);
        CHECK(error.kind == ErrorKind::io);
        CHECK(error.code == "disk_full");
        CHECK(error.message.find(shelf.file.string()) != std::string::npos);
        CHECK_FALSE(error.advice.empty());
    }
    const auto before = shelf.count(shelf.database);
    CHECK(shelf.database.change("INSERT INTO things (name) VALUES ('after')", {}));
    CHECK(shelf.count(shelf.database) == before + 1);
    CHECK(shelf.database.query("PRAGMA integrity_check")->front().text(0) == "ok");
}

TEST_CASE("a transaction that fills the disk is undone as a whole") {
    Folder folder;
    const SmallDisk disk(folder.path());
    if (!disk.mounted()) {
        WARN("no file system can be mounted here: not tried");
        return;
    }
    auto database = Database::open(folder / "small.db");
    REQUIRE(database);
    REQUIRE(database->run_script("CREATE TABLE things (name TEXT UNIQUE, data BLOB) STRICT"));
    REQUIRE(database->change("INSERT INTO things (name) VALUES ('before')", {}));
    {
        auto transaction = Transaction::begin(*database);
        REQUIRE(transaction);
        REQUIRE(database->change("INSERT INTO things (name) VALUES ('with it')", {}));
        CHECK(fill(*database).code == "disk_full");
    }
    const auto rows = database->query("SELECT name FROM things");
    REQUIRE(rows);
    REQUIRE(rows->size() == 1);
    CHECK(rows->front().text(0) == "before");
    CHECK(database->query("PRAGMA integrity_check")->front().text(0) == "ok");
}

TEST_CASE("a question that takes longer than it may is broken off, and the next one is answered") {
    Shelf shelf;
    const char* endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0";
    {
        const Database::Patience patience(shelf.database, std::chrono::milliseconds(10));
        const auto broken_off = shelf.database.query(endless);
        CHECK(error_of(broken_off).kind == ErrorKind::unavailable);
        CHECK(error_of(broken_off).code == "query_too_long");
    }
    CHECK(shelf.database
              .query("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
                     "SELECT count(*) FROM n")
              ->front()
              .integer(0) == 1'000'000);
}

TEST_CASE("a transaction that SQLite has given up goes on nowhere") {
    Shelf shelf;
    {
        auto transaction = Transaction::begin(shelf.database);
        REQUIRE(shelf.database.change("INSERT INTO things (name) VALUES ('first')", {}));
        REQUIRE(shelf.database.run_script("ROLLBACK"));
        CHECK(error_of(shelf.database.change("INSERT INTO things (name) VALUES ('alone')", {})).code ==
              "transaction_lost");
        CHECK(error_of(Transaction::begin(shelf.database)).code == "transaction_lost");
        CHECK(error_of(transaction->commit()).code == "transaction_lost");
    }
    CHECK(shelf.count(shelf.database) == 0);
    CHECK(shelf.database.change("INSERT INTO things (name) VALUES ('later')", {}));
}

}  // namespace database_test
