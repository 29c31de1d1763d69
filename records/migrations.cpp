#include "records/migrations.hpp"

#include "records/schema_dispositions.hpp"
#include "records/schema_samples.hpp"
#include "records/schema_users.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

// Operators and what belongs to them, settings, audit.
//  operators, sessions, tokens: AUTOINCREMENT, so that what is remembered by its number (a session in memory, sealed
//  bytes) can't come to mean another row.
constexpr std::string_view admin_door = R"sql(
CREATE TABLE operators (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('read', 'operate')),
    email TEXT NOT NULL,
    display_name TEXT NOT NULL,
    created INTEGER NOT NULL,
    password_changed INTEGER NOT NULL,
    initial_password INTEGER NOT NULL CHECK (initial_password IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX operators_name ON operators (lower(name));

CREATE TABLE second_factors (
    operator_id INTEGER NOT NULL PRIMARY KEY REFERENCES operators (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    confirmed INTEGER,
    last_step INTEGER NOT NULL
) STRICT;
CREATE TABLE recovery_codes (
    operator_id INTEGER NOT NULL REFERENCES second_factors (operator_id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    used INTEGER,
    PRIMARY KEY (operator_id, digest)
) STRICT;

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    operator_id INTEGER NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    door TEXT NOT NULL CHECK (door IN ('clean', 'admin')),
    created INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    idle INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_operator ON sessions (operator_id);

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    operator_id INTEGER NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('read', 'operate')),
    created INTEGER NOT NULL,
    expires INTEGER,
    UNIQUE (operator_id, name)
) STRICT;

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    json TEXT NOT NULL,
    changed INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    via TEXT NOT NULL CHECK (via IN ('session', 'token', 'console', 'system')),
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    refusal TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- INSERT OR REPLACE deletes without asking the trigger above.
CREATE TRIGGER audit_grows BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
)sql";

// When operators and tokens were there last; NULL: never.
constexpr std::string_view last_seen = R"sql(
ALTER TABLE operators ADD COLUMN last_sign_in INTEGER;
ALTER TABLE tokens ADD COLUMN last_used INTEGER;
)sql";

// What devices that wait are counted by beside their networks; those that waited before count for none.
constexpr std::string_view device_sites = R"sql(
ALTER TABLE devices ADD COLUMN site TEXT NOT NULL DEFAULT '';
CREATE INDEX devices_pending_of_site ON devices (site) WHERE let_in IS NULL;
)sql";

// When a sample that waits may be taken; NULL: at once.
constexpr std::string_view sample_pauses = R"sql(
ALTER TABLE samples ADD COLUMN not_before INTEGER;
)sql";

constexpr std::array all_migrations{Migration{1, admin_door},    Migration{2, last_seen},
                                    Migration{3, schema_users},  Migration{4, schema_samples},
                                    Migration{5, device_sites},  Migration{6, schema_dispositions},
                                    Migration{7, sample_pauses}, Migration{8, index_of_overtaken}};

// Number of the last step that was applied; 0 for an empty file.
Result<std::int64_t> applied(Database& database) {
    const auto tables = database.query(
        "SELECT count(*), count(*) FILTER (WHERE name = 'migrations') FROM sqlite_schema WHERE type = 'table'");
    if (!tables) return base::fail(tables.error());
    if (tables->front().integer(0) == 0) return 0;
    if (tables->front().integer(1) == 0) {
        return base::fail(ErrorKind::input, "database_foreign",
                          database.file().string() + " holds tables that are not Gatehouse's.", "Move it away.");
    }
    const auto last = database.query("SELECT coalesce(max(number), 0) FROM migrations");
    if (!last) return base::fail(last.error());
    return last->front().integer(0);
}

Result<std::int64_t> checked_version(Database& database, std::span<const Migration> steps) {
    auto version = applied(database);
    const int known = steps.empty() ? 0 : steps.back().number;
    if (version && *version > known) {
        return base::fail(ErrorKind::unavailable, "database_newer",
                          database.file().string() +
                              " was last used by a newer version of Gatehouse (its tables are of step " +
                              std::to_string(*version) + ", this version knows " + std::to_string(known) + ").",
                          "Install that version again, or restore the state folder from before the upgrade.");
    }
    return version;
}

// What the schema holds, each as one text and the name that people know it by; `most` at most, and of none of them more
// than any of ours has. Texts whatever the columns hold.
Result<std::vector<std::pair<std::string, std::string>>> schema_of(Database& database, std::int64_t most) {
    const auto rows = database.query(
        "SELECT substr(quote(type) || quote(name) || quote(tbl_name) || quote(sql), 1, 16384), "
        "substr('the ' || CASE WHEN type IN ('table', 'view', 'index', 'trigger') THEN type ELSE 'entry' END || ' ' || "
        "quote(name), 1, 100) FROM sqlite_schema LIMIT $1",
        {most});
    if (!rows) return base::fail(rows.error());
    std::vector<std::pair<std::string, std::string>> found;
    for (const Row& row : *rows)
        found.emplace_back(row.text(0), row.text(1));
    std::ranges::sort(found);
    return found;
}

}  // namespace

std::span<const Migration> migrations() {
    return all_migrations;
}

Result<void> migrate(Database& database, std::span<const Migration> steps) {
    // Nearly always there is nothing to do, which takes no lock.
    auto version = checked_version(database, steps);
    if (!version) return base::fail(version.error());
    if (steps.empty() || *version == steps.back().number) return {};

    auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    version = checked_version(database, steps);  // another connection may have been faster
    if (!version) return base::fail(version.error());
    if (*version == 0) {
        auto made = database.run_script(
            "CREATE TABLE IF NOT EXISTS migrations (number INTEGER NOT NULL PRIMARY KEY, applied INTEGER NOT NULL) "
            "STRICT");
        if (!made) return made;
    }
    for (const auto& [number, sql] : steps) {
        if (number <= *version) continue;
        if (auto done = database.run_script(std::string(sql)); !done) return done;
        const auto noted = database.change("INSERT INTO migrations (number, applied) VALUES ($1, $2)", {number, now()});
        if (!noted) return base::fail(noted.error());
    }
    return transaction->commit();
}

Result<std::int64_t> version_of(Database& database) {
    return checked_version(database, migrations());
}

Result<void> has_own_schema(Database& database) {
    const auto version = version_of(database);
    if (!version) return base::fail(version.error());
    const auto is_applied = [&version](const Migration& step) { return step.number <= *version; };
    const auto steps = migrations().first(static_cast<std::size_t>(std::ranges::count_if(migrations(), is_applied)));
    auto own = Database::in_memory();
    if (!own) return base::fail(own.error());
    if (auto made = migrate(*own, steps); !made) return made;
    constexpr std::int64_t all = 100'000;
    const auto ours = schema_of(*own, all);
    if (!ours) return base::fail(ours.error());
    const auto theirs = schema_of(database, static_cast<std::int64_t>(ours->size()) + 1);
    if (!theirs) return base::fail(theirs.error());
    if (*theirs == *ours) return {};
    std::vector<std::pair<std::string, std::string>> strange;
    std::ranges::set_difference(*theirs, *ours, std::back_inserter(strange));
    return base::fail(ErrorKind::input, "database_foreign",
                      database.file().string() + (strange.empty() ? " lacks what Gatehouse's has."
                                                                  : " holds " + strange.front().second +
                                                                        ", which is not as Gatehouse makes it."),
                      "Somebody changed it: look who. Take one from before, such as an older backup.");
}

Result<Database> open_records(const std::filesystem::path& file, const Database::Options& options) {
    auto database = Database::open(file, options);
    if (!database) return database;
    if (auto migrated = migrate(*database, migrations()); !migrated) return base::fail(migrated.error());
    return database;
}

}  // namespace gatehouse::records
