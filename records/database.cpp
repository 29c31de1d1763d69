#include "records/database.hpp"

#include "base/advice.hpp"
#include "base/files.hpp"
#include "base/utf8.hpp"

#include <climits>
#include <sqlite3.h>

#include <cerrno>
#include <new>
#include <sys/stat.h>
#include <thread>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr mode_t private_mode = 0600;

// How a failure of SQLite is told.
struct Telling {
    ErrorKind kind;
    std::string_view code;
    std::string_view what;  // follows the file's name
    std::string_view advice;
};

constexpr Telling disk_full{ErrorKind::io, "disk_full", "can't grow: its file system is full",
                            "Make room on that file system."};
constexpr Telling damaged{ErrorKind::io, "database_damaged", "is damaged, or no database",
                          "Restore it from a backup, or move it away and set the appliance up anew."};
constexpr Telling denied{ErrorKind::io, "database_denied", "can't be opened or written",
                         "See that the service's user owns it and its folder, that its disk is writable, and that "
                         "systemd's unit lets it be written (ReadWritePaths=)."};

Telling telling_of(int code, int system_error) {
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return {ErrorKind::conflict, "record_exists", "holds such a record already", ""};
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return {ErrorKind::conflict, "record_referenced", "lacks a record that this one refers to, or needs it",
                    ""};
        case SQLITE_CONSTRAINT_TRIGGER:
            return {ErrorKind::denied, "record_protected", "refuses the change", ""};
        default:
            break;
    }
    switch (static_cast<unsigned>(code) & 0xFFU) {
        case SQLITE_FULL:
            return disk_full;
        case SQLITE_IOERR:
            if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG) return disk_full;
            return {ErrorKind::io, "database_io", "can't be read or written", "Look at the disk's health."};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorKind::unavailable, "database_busy", "is busy with another change", "Try again."};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return damaged;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_AUTH:
            return denied;
        case SQLITE_INTERRUPT:
            return {ErrorKind::unavailable, "query_too_long", "took too long over a question",
                    "Ask for less: a shorter time, other words, fewer at once."};
        case SQLITE_NOMEM:
            return {ErrorKind::unavailable, "out_of_memory", "can't be worked with: there is no memory left", ""};
        case SQLITE_TOOBIG:
            return {ErrorKind::input, "too_large", "can't take a value that large", ""};
        default:
            return {ErrorKind::internal, "database_error", "refused a query", ""};
    }
}

// The empty file that SQLite will fill, so that it never exists with another mode. One that is there is not opened:
// closing it would release the locks of another connection of this process.
Result<void> make_private(const fs::path& file) {
    base::SystemFiles files;
    auto made = files.write_new(file, {}, private_mode);
    if (made || made.error().code != "file_exists") return made;
    const auto facts = files.facts(file);
    if (!facts) return base::fail(facts.error());
    if (!facts->regular) {
        return base::fail(ErrorKind::input, "file_not_regular", file.string() + " is no regular file.",
                          "Move it away.");
    }
    constexpr mode_t rights_of_others = 0077;
    if ((facts->mode & rights_of_others) == 0 || ::chmod(file.c_str(), private_mode) == 0) return {};
    return base::fail(ErrorKind::io, "database_denied",
                      file.string() + " is open to others (mode " + base::mode_text(facts->mode) +
                          ") and that can't be changed: " + base::words_of(errno) + ".",
                      base::advice_to_give(file, ::geteuid()));
}

Row::Value value_of(sqlite3_stmt* statement, int column) {
    const auto size = [&] { return static_cast<std::size_t>(::sqlite3_column_bytes(statement, column)); };
    switch (::sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return std::int64_t{::sqlite3_column_int64(statement, column)};
        case SQLITE_FLOAT:
            return ::sqlite3_column_double(statement, column);
        case SQLITE_TEXT: {
            const unsigned char* text = ::sqlite3_column_text(statement, column);
            if (text == nullptr) throw std::bad_alloc();
            return std::string(reinterpret_cast<const char*>(text), size());
        }
        case SQLITE_BLOB: {
            const void* data = ::sqlite3_column_blob(statement, column);  // null where it is empty
            return data == nullptr ? Row::Blob{} : Row::Blob{std::string(static_cast<const char*>(data), size())};
        }
        default:
            return nullptr;
    }
}

// Binds one value; SQLite's result code. Nothing is copied: the caller keeps the value until the statement is reset.
struct Binder {
    sqlite3_stmt* statement;
    int place;

    int operator()(std::nullptr_t /*null*/) const { return ::sqlite3_bind_null(statement, place); }
    int operator()(std::int64_t number) const { return ::sqlite3_bind_int64(statement, place, number); }
    int operator()(double number) const { return ::sqlite3_bind_double(statement, place, number); }
    int operator()(std::string_view text) const {
        // A null pointer would bind NULL, which the empty text is not.
        return ::sqlite3_bind_text64(statement, place, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                                     SQLITE_UTF8);
    }
    int operator()(Bytes bytes) const {
        if (bytes.data.empty()) return ::sqlite3_bind_zeroblob(statement, place, 0);
        return ::sqlite3_bind_blob64(statement, place, bytes.data.data(), bytes.data.size(), SQLITE_STATIC);
    }
};

// Leaves a statement as it was found, without the values it looked at.
struct Reset {
    void operator()(sqlite3_stmt* statement) const {
        ::sqlite3_reset(statement);  // repeats the error of the last step
        ::sqlite3_clear_bindings(statement);
    }
};

}  // namespace

void Database::Close::operator()(sqlite3* handle) const noexcept {
    ::sqlite3_close_v2(handle);
}

void Database::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    ::sqlite3_finalize(statement);
}

Result<Database> Database::open(const fs::path& file, Options options) {
    if (auto made = make_private(file); !made) return base::fail(made.error());
    sqlite3* handle = nullptr;
    const int code = ::sqlite3_open_v2(
        file.c_str(), &handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, nullptr);
    Database database(std::unique_ptr<sqlite3, Close>(handle), file);
    if (code != SQLITE_OK) return database.failure(code);
    if (auto configured = database.configure(options); !configured) return base::fail(configured.error());
    return database;
}

Result<Database> Database::in_memory() {
    sqlite3* handle = nullptr;
    const int code = ::sqlite3_open_v2(
        ":memory:", &handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, nullptr);
    Database database(std::unique_ptr<sqlite3, Close>(handle), "A database in memory");
    if (code != SQLITE_OK) return database.failure(code);
    return database;
}

Result<void> Database::configure(const Options& options) {
    if (options.longest_value > 0) ::sqlite3_limit(handle_.get(), SQLITE_LIMIT_LENGTH, options.longest_value);
    ::sqlite3_busy_timeout(handle_.get(), static_cast<int>(options.busy_timeout.count()));
    struct Switch {
        int option;
        int on;
    };
    // A damaged or foreign file must not run what its schema says, nor a mistyped name pass for a text.
    for (const auto& [option, on] :
         {Switch{SQLITE_DBCONFIG_DEFENSIVE, 1}, Switch{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
          Switch{SQLITE_DBCONFIG_DQS_DDL, 0}, Switch{SQLITE_DBCONFIG_DQS_DML, 0},
          Switch{SQLITE_DBCONFIG_ENABLE_FKEY, 1}, Switch{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}}) {
        const int code = ::sqlite3_db_config(handle_.get(), option, on, nullptr);
        if (code != SQLITE_OK) return failure(code);
    }
    // Of two connections that turn a new file to WAL at the same moment SQLite refuses one without waiting.
    const auto deadline = std::chrono::steady_clock::now() + options.busy_timeout;
    Result<Rows> mode = query("PRAGMA journal_mode = WAL");
    while (!mode && mode.error().code == "database_busy" && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        mode = query("PRAGMA journal_mode = WAL");
    }
    if (!mode) return base::fail(mode.error());
    if (mode->empty() || mode->front().text(0) != "wal") {
        return base::fail(ErrorKind::unavailable, "database_denied",
                          file_.string() + " can't keep a write-ahead log where it is.",
                          "Put the state folder on a local file system.");
    }
    const auto durable = query("PRAGMA synchronous = FULL");
    if (!durable) return base::fail(durable.error());
    return {};
}

bool Database::in_transaction() const {
    return ::sqlite3_get_autocommit(handle_.get()) == 0;
}

tl::unexpected<base::Error> Database::failure(int code, int system_error) const {
    if (handle_ == nullptr) return base::fail(ErrorKind::unavailable, "out_of_memory", "There is no memory left.");
    const Telling telling = telling_of(code, system_error);
    // SQLite's own words name tables and columns, never a bound value.
    return base::fail(telling.kind, std::string(telling.code),
                      file_.string() + " " + std::string(telling.what) + " (SQLite " + std::to_string(code) + ": " +
                          ::sqlite3_errmsg(handle_.get()) + ").",
                      std::string(telling.advice));
}

tl::unexpected<base::Error> Database::mistake(std::string_view sql, const std::string& what) const {
    return base::fail(ErrorKind::internal, "database_error",
                      file_.string() + ": the query '" + std::string(sql) + "' " + what + ".");
}

Result<const Database::Statement*> Database::prepared(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return &found->second;
    if (sql.size() > INT_MAX) return mistake(sql.substr(0, 100), "is too long");
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    const int code = ::sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &raw, &rest);
    Statement statement{std::unique_ptr<sqlite3_stmt, Finalize>(raw), {}};
    if (code != SQLITE_OK) return failure(code);
    if (raw == nullptr) return mistake(sql, "is empty");
    if (rest != sql.data() + sql.size()) return mistake(sql, "is more than one statement");
    // $n is a name to SQLite, numbered by its first appearance.
    const int count = ::sqlite3_bind_parameter_count(raw);
    for (int n = 1; n <= count; ++n) {
        const int place = ::sqlite3_bind_parameter_index(raw, ("$" + std::to_string(n)).c_str());
        if (place == 0) return mistake(sql, "does not name $" + std::to_string(n));
        statement.places.push_back(place);
    }
    return &statements_.emplace(sql, std::move(statement)).first->second;
}

Result<void> Database::bind(const Statement& statement, std::span<const Parameter> parameters) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Parameter::Value& value = parameters[i].value();
        if (const auto* text = std::get_if<std::string_view>(&value)) {
            const bool nul = text->find('\0') != std::string_view::npos;
            if (nul || !base::is_utf8(*text)) {
                return base::fail(ErrorKind::input, "text_invalid",
                                  nul ? "A text holds a NUL character." : "A text is not UTF-8.");
            }
        }
        const int code = std::visit(Binder{statement.handle.get(), statement.places[i]}, value);
        if (code != SQLITE_OK) return failure(code);
    }
    return {};
}

Result<Rows> Database::query(std::string_view sql, std::span<const Parameter> parameters) {
    if (depth_ > 0 && !in_transaction()) {
        return base::fail(ErrorKind::internal, "transaction_lost",
                          file_.string() + ": an earlier error has undone this change as a whole.");
    }
    const auto statement = prepared(sql);
    if (!statement) return base::fail(statement.error());
    if ((*statement)->places.size() != parameters.size()) {
        return mistake(sql, "was given " + std::to_string(parameters.size()) + " values");
    }
    sqlite3_stmt* const raw = (*statement)->handle.get();
    const std::unique_ptr<sqlite3_stmt, Reset> reset(raw);
    if (auto bound = bind(**statement, parameters); !bound) return base::fail(bound.error());
    Rows rows;
    errno = 0;  // sqlite3_system_errno forgets why a write to the log failed, errno does not
    int code = ::sqlite3_step(raw);
    for (; code == SQLITE_ROW; code = ::sqlite3_step(raw)) {
        const int columns = ::sqlite3_column_count(raw);
        std::vector<Row::Value> values;
        values.reserve(static_cast<std::size_t>(columns));
        for (int column = 0; column < columns; ++column)
            values.push_back(value_of(raw, column));
        rows.emplace_back(std::move(values));
    }
    if (code != SQLITE_DONE) return failure(code, errno);
    return rows;
}

Result<std::int64_t> Database::change(std::string_view sql, std::initializer_list<Parameter> parameters) {
    const auto done = query(sql, parameters);
    if (!done) return base::fail(done.error());
    return std::int64_t{::sqlite3_changes64(handle_.get())};
}

Result<void> Database::run_script(const std::string& sql) {
    errno = 0;
    const int code = ::sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failure(code, errno);
    return {};
}

Database::Patience::Patience(Database& database, std::chrono::milliseconds longest, std::function<bool()> is_given_up)
    : database_(database), until_(std::chrono::steady_clock::now() + longest), is_given_up_(std::move(is_given_up)) {
    constexpr int instructions_between_looks = 10'000;
    const auto is_over = [](void* self) -> int {
        const auto& patience = *static_cast<const Patience*>(self);
        const bool is_late = std::chrono::steady_clock::now() >= patience.until_;
        return is_late || (patience.is_given_up_ && patience.is_given_up_()) ? 1 : 0;
    };
    ::sqlite3_progress_handler(database_.handle_.get(), instructions_between_looks, is_over, this);
}

Database::Patience::~Patience() {
    ::sqlite3_progress_handler(database_.handle_.get(), 0, nullptr, nullptr);
}

void Database::undo(const char* sql) noexcept {
    // SQLite fails here only where it has rolled back by itself.
    ::sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
}

Result<Transaction> Transaction::begin(Database& database) {
    const auto begun = database.query(database.depth_ == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT inner_one");
    if (!begun) return base::fail(begun.error());
    ++database.depth_;
    return Transaction(database);
}

Result<void> Transaction::commit() {
    if (database_ == nullptr) {
        return base::fail(ErrorKind::internal, "transaction_lost", "A change was committed twice.");
    }
    const auto done = database_->query(database_->depth_ == 1 ? "COMMIT" : "RELEASE inner_one");
    if (!done) return base::fail(done.error());
    --database_->depth_;
    database_ = nullptr;
    return {};
}

Transaction::~Transaction() {
    if (database_ == nullptr) return;
    if (database_->in_transaction()) {
        database_->undo(database_->depth_ == 1 ? "ROLLBACK" : "ROLLBACK TO inner_one; RELEASE inner_one");
    }
    --database_->depth_;
}

}  // namespace gatehouse::records
