#include "records/first_operator.hpp"

#include "records/initial_password.hpp"
#include "records/operators.hpp"
#include "records/password.hpp"

#include <utility>

namespace gatehouse::records {

namespace {

using base::Result;
namespace fs = std::filesystem;

fs::path file_in(const fs::path& state_directory) {
    return state_directory / "initial-password";
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

    auto name = free_name("admin", [&](const std::string& wanted) { return operators.find(wanted); });
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

    const auto kept = commit_initial_password(*transaction, files, file_in(state_directory), first.password);
    if (!kept) return base::fail(kept.error());
    return first;
}

Result<void> settle_first_operator(Database& database, base::FileSystem& files, const fs::path& state_directory) {
    return settle_initial_password(database, files, file_in(state_directory),
                                   "SELECT EXISTS (SELECT 1 FROM operators WHERE initial_password = 1)");
}

}  // namespace gatehouse::records
