#include "records/snapshot.hpp"

#include "base/files.hpp"
#include "records/migrations.hpp"

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr int busy_milliseconds = 10000;
constexpr std::chrono::hours longest_examination{1};
constexpr std::chrono::minutes longest_page{1};

struct CloseHandle {
    void operator()(sqlite3* handle) const noexcept { ::sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, CloseHandle>;

tl::unexpected<base::Error> not_copied(const fs::path& from, int code, const fs::path& to) {
    const bool is_damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    const bool is_full = code == SQLITE_FULL;
    return base::fail(ErrorKind::io,
                      is_damaged ? "database_damaged"
                      : is_full  ? "disk_full"
                                 : "database_io",
                      from.string() + " can't be copied to " + to.string() + ": " + ::sqlite3_errstr(code) + ".",
                      is_full ? "The copy takes as much room as the database: make room there." : "");
}

Result<Handle> opened(const fs::path& file, int flags) {
    sqlite3* raw = nullptr;
    const int code = ::sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
    Handle handle(raw);
    if (code == SQLITE_OK) {
        ::sqlite3_busy_timeout(raw, busy_milliseconds);
        return handle;
    }
    return base::fail(ErrorKind::io, "database_denied",
                      file.string() + " can't be opened: " + ::sqlite3_errstr(code) + ".",
                      "Run this as root or as the user whom it belongs to.");
}

tl::unexpected<base::Error> told_given_up(const fs::path& file) {
    return base::fail(ErrorKind::unavailable, "database_given_up",
                      "Looking through " + file.string() + " was given up: it took too long, or was interrupted.",
                      "Try again when less is going on. If that does not help, look at the disk's health.");
}

tl::unexpected<base::Error> as_given_up(const fs::path& file, base::Error error) {
    return error.code == "query_too_long" ? told_given_up(file) : base::fail(std::move(error));
}

}  // namespace

Result<void> find_database(const fs::path& file) {
    std::error_code error;
    if (fs::is_regular_file(file, error)) return {};
    return base::fail(ErrorKind::not_found, "database_missing", "There is no database: " + file.string() + ".",
                      "The first start of gatehoused makes it.");
}

Result<Database> open_untrusted(const fs::path& file) {
    // The largest that we write are reports, of 1 MiB.
    Database::Options options;
    options.longest_value = 16 * 1024 * 1024;
    return Database::open(file, options);
}

Result<void> copy_database(const fs::path& from, const fs::path& to, const GivenUp& is_given_up) {
    if (auto found = find_database(from); !found) return found;
    const auto source = opened(from, SQLITE_OPEN_READWRITE);
    if (!source) return base::fail(source.error());
    constexpr mode_t own = 0600;
    if (auto made = base::SystemFiles().write_new(to, {}, own); !made) return made;
    const auto target = opened(to, SQLITE_OPEN_READWRITE);
    if (!target) return base::fail(target.error());
    // One read transaction for all steps: else it would begin anew whenever the daemon writes between two.
    const int begun =
        ::sqlite3_exec(source->get(), "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", nullptr, nullptr, nullptr);
    if (begun != SQLITE_OK) return not_copied(from, begun, to);
    sqlite3_backup* copying = ::sqlite3_backup_init(target->get(), "main", source->get(), "main");
    if (copying == nullptr) return not_copied(from, ::sqlite3_errcode(target->get()), to);
    constexpr int pages_at_once = 4096;
    int stepped = SQLITE_OK;
    bool given_up = false;
    while (stepped == SQLITE_OK && !given_up) {
        stepped = ::sqlite3_backup_step(copying, pages_at_once);
        given_up = is_given_up && is_given_up();
    }
    const int finished = ::sqlite3_backup_finish(copying);
    if (stepped == SQLITE_OK) return told_given_up(from);
    if (stepped != SQLITE_DONE) return not_copied(from, stepped, to);
    if (finished != SQLITE_OK) return not_copied(from, finished, to);
    return {};
}

Result<std::int64_t> examine_database(const fs::path& file, const GivenUp& is_given_up) {
    auto database = open_untrusted(file);
    if (!database) return base::fail(database.error());
    const Database::Patience patience(*database, longest_examination, is_given_up);
    if (auto own = has_own_schema(*database); !own) return as_given_up(file, own.error());
    const auto judged = database->query("PRAGMA integrity_check(1)");
    if (!judged) return as_given_up(file, judged.error());
    if (judged->empty() || judged->front().text(0) != "ok") {
        return base::fail(
            ErrorKind::io, "database_damaged",
            file.string() + " is damaged" + (judged->empty() ? "" : ": " + judged->front().text(0)) + ".");
    }
    return version_of(*database);
}

Result<std::vector<KnownContent>> known_contents(Database& database, const std::string& last, std::int64_t most,
                                                 const GivenUp& is_given_up) {
    const Database::Patience patience(database, longest_page, is_given_up);
    const auto rows = database.query(
        "SELECT sha256, bytes FROM contents WHERE sha256 > $1 AND length(sha256) = 64 ORDER BY sha256 LIMIT $2",
        {last, most});
    if (!rows) return as_given_up(database.file(), rows.error());
    std::vector<KnownContent> found;
    for (const Row& row : *rows)
        found.push_back({row.text(0), row.integer(1)});
    return found;
}

}  // namespace gatehouse::records
