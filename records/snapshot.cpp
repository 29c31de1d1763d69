#include "records/snapshot.hpp"

#include "base/files.hpp"
#include "records/migrations.hpp"

#include <sqlite3.h>

#include <memory>
#include <system_error>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr int busy_milliseconds = 10000;

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

}  // namespace

Result<void> find_database(const fs::path& file) {
    std::error_code error;
    if (fs::is_regular_file(file, error)) return {};
    return base::fail(ErrorKind::not_found, "database_missing", "There is no database: " + file.string() + ".",
                      "The first start of gatehoused makes it.");
}

Result<void> copy_database(const fs::path& from, const fs::path& to) {
    if (auto found = find_database(from); !found) return found;
    const auto source = opened(from, SQLITE_OPEN_READWRITE);
    if (!source) return base::fail(source.error());
    constexpr mode_t own = 0600;
    if (auto made = base::SystemFiles().write_new(to, {}, own); !made) return made;
    const auto target = opened(to, SQLITE_OPEN_READWRITE);
    if (!target) return base::fail(target.error());
    sqlite3_backup* copying = ::sqlite3_backup_init(target->get(), "main", source->get(), "main");
    if (copying == nullptr) return not_copied(from, ::sqlite3_errcode(target->get()), to);
    // All in one step: with several it would begin anew whenever the daemon writes between two.
    const int stepped = ::sqlite3_backup_step(copying, -1);
    const int finished = ::sqlite3_backup_finish(copying);
    if (stepped != SQLITE_DONE) return not_copied(from, stepped, to);
    if (finished != SQLITE_OK) return not_copied(from, finished, to);
    return {};
}

Result<std::int64_t> examine_database(const fs::path& file) {
    auto database = Database::open(file);
    if (!database) return base::fail(database.error());
    const auto judged = database->query("PRAGMA integrity_check(1)");
    if (!judged) return base::fail(judged.error());
    if (judged->empty() || judged->front().text(0) != "ok") {
        return base::fail(
            ErrorKind::io, "database_damaged",
            file.string() + " is damaged" + (judged->empty() ? "" : ": " + judged->front().text(0)) + ".");
    }
    return version_of(*database);
}

Result<std::vector<std::string>> known_contents(Database& database, const std::string& last, std::int64_t most) {
    const auto rows =
        database.query("SELECT sha256 FROM contents WHERE sha256 > $1 ORDER BY sha256 LIMIT $2", {last, most});
    if (!rows) return base::fail(rows.error());
    std::vector<std::string> found;
    for (const Row& row : *rows)
        found.push_back(row.text(0));
    return found;
}

}  // namespace gatehouse::records
