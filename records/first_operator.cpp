#include "records/first_operator.hpp"

#include "records/operators.hpp"
#include "records/password.hpp"

#include <cstring>
#include <utility>

namespace gatehouse::records {

namespace {

using base::Result;
namespace fs = std::filesystem;

fs::path file_in(const fs::path& state_directory) {
    return state_directory / "initial-password";
}

// "admin", or the first of admin2, admin3, ... that nobody has.
Result<std::string> free_name(Operators& operators) {
    std::string name = "admin";
    for (unsigned number = 2;; ++number) {
        const auto present = operators.find(name);
        if (!present) return base::fail(present.error());
        if (!*present) return name;
        name = "admin" + std::to_string(number);
    }
}

base::Secret with_line_end(const base::Secret& password) {
    base::Secret line(password.size() + 1);
    std::memcpy(line.writable(), password.reveal().data(), password.size());
    line.writable()[password.size()] = '\n';
    return line;
}

}  // namespace

Result<std::optional<FirstOperator>> make_first_operator(Database& database, base::FileSystem& files,
                                                         const fs::path& state_directory, Time now) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    Operators operators(database);
    const auto present = operators.has_operating();
    if (!present) return base::fail(present.error());
    if (*present) return std::nullopt;

    auto name = free_name(operators);
    if (!name) return base::fail(name.error());
    FirstOperator first{std::move(*name), random_password()};
    auto hash = hash_password(first.password);
    if (!hash) return base::fail(hash.error());
    NewOperator fresh;
    fresh.name = first.name;
    fresh.role = Role::operate;
    fresh.password_hash = std::move(*hash);
    fresh.initial_password = true;
    if (auto made = operators.make(fresh, now); !made) return base::fail(made.error());

    constexpr mode_t line_mode = 0600;
    const base::Secret line = with_line_end(first.password);
    const auto written = base::write_atomically(files, file_in(state_directory), line.reveal(), line_mode);
    if (!written) return base::fail(written.error());
    if (auto committed = transaction->commit(); !committed) {
        // The next start writes another one over it; that it can't be removed now changes nothing.
        const auto shredded = base::shred(files, file_in(state_directory));
        static_cast<void>(shredded);
        return base::fail(committed.error());
    }
    return first;
}

Result<void> settle_initial_password(Database& database, base::FileSystem& files, const fs::path& state_directory) {
    const auto held = database.query("SELECT EXISTS (SELECT 1 FROM operators WHERE initial_password = 1)");
    if (!held) return base::fail(held.error());
    if (held->front().truth(0)) return {};
    return base::shred(files, file_in(state_directory));
}

}  // namespace gatehouse::records
