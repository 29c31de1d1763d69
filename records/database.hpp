// The database: a thin layer over SQLite's C API, which no other room sees. Owned by whoever opened it. A Database, and
// every room that was given it, is used by one thread at a time; another thread opens the same file once more.
// Blocking: never on an I/O thread.
//
// The file is 0600 and in WAL mode with synchronous=FULL: what was committed survives a power cut. Queries are constant
// texts with $1..$n, values are only ever bound; texts are UTF-8 without NUL. A statement is prepared once and kept.
// Nothing else in this process may open the file: POSIX releases SQLite's locks with the first descriptor of it that is
// closed.
#pragma once

#include "base/result.hpp"
#include "records/time.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace gatehouse::records {

/// Bytes to bind, as opposed to text.
struct Bytes {
    std::string_view data;
};

/// A value for one $n. It only looks at texts and bytes: they must outlive the call it is passed to.
class Parameter {
public:
    using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string_view, Bytes>;

    Parameter(std::nullptr_t) : value_(nullptr) {}
    Parameter(std::string_view text) : value_(text) {}
    Parameter(const std::string& text) : value_(std::string_view(text)) {}
    Parameter(const char* text) : value_(std::string_view(text)) {}
    Parameter(Bytes bytes) : value_(bytes) {}
    Parameter(Time time) : value_(micros_of(time)) {}
    template <std::signed_integral T>
    Parameter(T number) : value_(std::int64_t{number}) {}
    template <std::same_as<bool> T>
    Parameter(T truth) : value_(std::int64_t{truth ? 1 : 0}) {}
    template <std::same_as<double> T>
    Parameter(T number) : value_(number) {}
    template <class T>
    Parameter(const std::optional<T>& value) : value_(value ? Parameter(*value).value_ : Value(nullptr)) {}

    [[nodiscard]] const Value& value() const { return value_; }

private:
    Value value_;
};

/// One row of an answer. Asking a column for a type it does not hold is a mistake in the query:
/// std::bad_variant_access.
class Row {
public:
    struct Blob {
        std::string bytes;
    };
    using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string, Blob>;

    explicit Row(std::vector<Value> values) : values_(std::move(values)) {}

    [[nodiscard]] bool is_null(std::size_t column) const {
        return std::holds_alternative<std::nullptr_t>(values_.at(column));
    }
    [[nodiscard]] std::int64_t integer(std::size_t column) const { return std::get<std::int64_t>(values_.at(column)); }
    [[nodiscard]] bool truth(std::size_t column) const { return integer(column) != 0; }
    [[nodiscard]] const std::string& text(std::size_t column) const {
        return std::get<std::string>(values_.at(column));
    }
    [[nodiscard]] const std::string& bytes(std::size_t column) const {
        return std::get<Blob>(values_.at(column)).bytes;
    }
    [[nodiscard]] Time time(std::size_t column) const { return time_of(integer(column)); }
    [[nodiscard]] std::optional<Time> optional_time(std::size_t column) const {
        return is_null(column) ? std::nullopt : std::optional(time(column));
    }

private:
    std::vector<Value> values_;
};

using Rows = std::vector<Row>;

/// What every call may fail with. None of them tells a value that was bound.
///   conflict/record_exists      a unique key is taken
///   conflict/record_referenced  what it refers to is missing, or something refers to it
///   denied/record_protected     a trigger of the schema refuses the change
///   input/text_invalid          a text parameter holds NUL or is no UTF-8
///   input/too_large             a value or row passes SQLite's limits
///   unavailable/database_busy   another connection held the lock for longer than the busy timeout
///   io/disk_full, io/database_io, io/database_damaged, io/database_denied
///   unavailable/query_too_long  where there is a Patience
///   unavailable/out_of_memory
///   internal/database_error     a mistake of ours: the query, its parameters, or a value that the schema refuses
///   internal/transaction_lost   SQLite has rolled the open transaction back (after disk_full, for example)
class Database {
public:
    struct Options {
        std::chrono::milliseconds busy_timeout{5000};
        int longest_value = 0;  ///< bytes of a value or row, a larger one is input/too_large; 0: SQLite's own limit
    };

    /// Opens the file; made (0600) where there is none, its folder must exist. One that others may read is closed to
    /// them. Nearly everybody wants `open_records` (records/migrations), which brings the tables too.
    [[nodiscard]] static base::Result<Database> open(const std::filesystem::path& file, Options options);
    [[nodiscard]] static base::Result<Database> open(const std::filesystem::path& file) { return open(file, {}); }

    /// An empty one that lies in memory, and goes with the object.
    [[nodiscard]] static base::Result<Database> in_memory();

    /// Runs one statement and gives all rows of its answer; the query bounds how many they are.
    [[nodiscard]] base::Result<Rows> query(std::string_view sql, std::span<const Parameter> parameters);
    [[nodiscard]] base::Result<Rows> query(std::string_view sql, std::initializer_list<Parameter> parameters = {}) {
        return query(sql, std::span(parameters.begin(), parameters.size()));
    }
    /// Runs one statement and gives the number of rows it changed itself (those of cascades do not count).
    [[nodiscard]] base::Result<std::int64_t> change(std::string_view sql, std::initializer_list<Parameter> parameters);
    /// Runs several statements without parameters.
    [[nodiscard]] base::Result<void> run_script(const std::string& sql);

    /// While it lives, statements end with unavailable/query_too_long once its time is over: for what people ask for,
    /// so that no question keeps the database from all others. One at a time; the Database must neither go nor move.
    class Patience {
    public:
        /// `is_given_up` is asked now and then, and ends a statement as well; must not throw.
        Patience(Database& database, std::chrono::milliseconds longest, std::function<bool()> is_given_up = {});
        Patience(const Patience&) = delete;
        Patience& operator=(const Patience&) = delete;
        ~Patience();

    private:
        Database& database_;
        std::chrono::steady_clock::time_point until_;
        std::function<bool()> is_given_up_;
    };

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }

private:
    friend class Transaction;

    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    struct Statement {
        std::unique_ptr<sqlite3_stmt, Finalize> handle;
        std::vector<int> places;  // SQLite's number of $1, $2, ...
    };

    Database(std::unique_ptr<sqlite3, Close> handle, std::filesystem::path file)
        : handle_(std::move(handle)), file_(std::move(file)) {}

    [[nodiscard]] base::Result<void> configure(const Options& options);
    [[nodiscard]] base::Result<const Statement*> prepared(std::string_view sql);
    [[nodiscard]] base::Result<void> bind(const Statement& statement, std::span<const Parameter> parameters);
    [[nodiscard]] bool in_transaction() const;
    [[nodiscard]] tl::unexpected<base::Error> failure(int code, int system_error = 0) const;
    [[nodiscard]] tl::unexpected<base::Error> mistake(std::string_view sql, const std::string& what) const;
    void undo(const char* sql) noexcept;

    std::unique_ptr<sqlite3, Close> handle_;
    std::filesystem::path file_;
    std::map<std::string, Statement, std::less<>> statements_;  // by their texts; goes before the handle
    int depth_ = 0;                                             // open Transactions
};

/// Changes that happen together or not at all: rolled back at the end of the scope unless committed. Takes the write
/// lock at once (BEGIN IMMEDIATE), so what is read in it is still true when it writes. One inside another is part of
/// the outer: rolled back it takes only its own changes along, committed it waits for the outer. Neither it nor
/// anything else may outlive or move the Database.
class Transaction {
public:
    [[nodiscard]] static base::Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    /// Durable when the outermost one returns. On error everything is rolled back at the end of the scope.
    [[nodiscard]] base::Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}

    Database* database_;  // null: committed, or moved from
};

}  // namespace gatehouse::records
