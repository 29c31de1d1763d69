#include "records/first_user.hpp"

#include "records/api_keys.hpp"
#include "records/initial_password.hpp"
#include "records/organizations.hpp"
#include "records/password.hpp"
#include "records/users.hpp"

#include <utility>

namespace gatehouse::records {

namespace {

using base::Result;
namespace fs = std::filesystem;

fs::path first_user_file(const fs::path& state_directory) {
    return state_directory / "initial-password-clean";
}

Result<FirstUser> enter_first_user(Database& database, const base::Secret& box_key, std::string_view organization,
                                   Time now) {
    Users users(database);
    auto login = free_name("admin", [&](const std::string& wanted) { return users.find(wanted); });
    if (!login) return base::fail(login.error());
    const auto home = default_organization(database, organization, now);
    if (!home) return base::fail(home.error());
    FirstUser first{std::move(*login), random_password()};
    auto hash = hash_password(first.password);
    if (!hash) return base::fail(hash.error());
    NewUser fresh;
    fresh.login = first.login;
    fresh.role = UserRole::admin;
    fresh.organization_id = *home;
    fresh.password_hash = std::move(*hash);
    fresh.initial_password = true;
    if (const auto made = make_user(database, box_key, fresh, now); !made) return base::fail(made.error());
    return first;
}

}  // namespace

Result<std::int64_t> default_organization(Database& database, std::string_view name, Time now) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    const auto oldest = database.query("SELECT id FROM organizations WHERE device = 0 ORDER BY id LIMIT 1");
    if (!oldest) return base::fail(oldest.error());
    if (!oldest->empty()) return oldest->front().integer(0);
    Organizations organizations(database);
    const auto free = free_name(name, [&](const std::string& wanted) { return organizations.find_named(wanted); });
    if (!free) return base::fail(free.error());
    const auto made = organizations.make(*free, now);
    if (!made) return base::fail(made.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return made->id;
}

Result<std::optional<FirstUser>> make_first_user(Database& database, base::FileSystem& files,
                                                 const fs::path& state_directory, const base::Secret& box_key, Time now,
                                                 std::string_view organization) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    const auto present = Users(database).has_admin();
    if (!present) return base::fail(present.error());
    if (*present) return std::nullopt;
    auto first = enter_first_user(database, box_key, organization, now);
    if (!first) return base::fail(first.error());

    const auto kept = commit_initial_password(*transaction, files, first_user_file(state_directory), first->password);
    if (!kept) return base::fail(kept.error());
    return std::move(*first);
}

Result<void> settle_first_user(Database& database, base::FileSystem& files, const fs::path& state_directory) {
    return settle_initial_password(database, files, first_user_file(state_directory),
                                   "SELECT EXISTS (SELECT 1 FROM users WHERE initial_password = 1)");
}

}  // namespace gatehouse::records
