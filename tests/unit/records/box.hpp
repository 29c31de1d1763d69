// A state folder with a database in it, for the tests of the rooms that keep something there.
#pragma once

#include "base/files.hpp"
#include "records/migrations.hpp"
#include "records/operators.hpp"
#include "records/sessions.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace gatehouse::tests {

/// 2025-01-01 00:00 UTC.
inline constexpr records::Time new_year = records::time_of(1'735'689'600'000'000);

struct Box {
    Folder folder;
    base::SystemFiles files;
    std::filesystem::path file = folder / "gatehouse.db";

    [[nodiscard]] records::Database open() const {
        auto database = records::open_records(file);
        if (!database) throw std::runtime_error(database.error().text());
        return std::move(*database);
    }
};

/// An operator that was not judged and whose password is nobody's concern.
inline records::NewOperator fresh_operator(std::string name, records::Role role = records::Role::operate) {
    records::NewOperator fresh;
    fresh.name = std::move(name);
    fresh.role = role;
    fresh.password_hash = "no hash";
    return fresh;
}

/// Stores an operator; its number.
inline std::int64_t add_operator(records::Database& database, std::string name,
                                 records::Role role = records::Role::operate) {
    const auto made = records::Operators(database).make(fresh_operator(std::move(name), role), new_year);
    REQUIRE(made);
    return made->id;
}

/// What a session of that operator takes, whose password counts as proved now.
inline records::NewSession fresh_session(records::Database& database, std::int64_t operator_id) {
    const auto names = database.query("SELECT name FROM operators WHERE id = $1", {operator_id});
    REQUIRE(names);
    const auto account = records::Operators(database).find_account(names->at(0).text(0));
    REQUIRE(account);
    REQUIRE(*account);
    return {.operator_id = (*account)->who.id, .stamp = (*account)->stamp};
}

/// The error of a result that must fail.
template <class T>
base::Error error_of(const base::Result<T>& result) {
    REQUIRE_FALSE(result);
    return result.error();
}

}  // namespace gatehouse::tests
