#include "records/users.hpp"

#include "config/json_text.hpp"
#include "records/text.hpp"
#include "records/user_rows.hpp"
#include "records/user_sessions.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using config::in_quotes;

constexpr std::size_t longest_login = 65;
constexpr std::size_t longest_user_text = 128;

bool is_login(std::string_view login) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._-@+").find(c) != std::string_view::npos;
    };
    return !login.empty() && login.size() <= longest_login && std::all_of(login.begin(), login.end(), is_allowed);
}

Result<void> check_user_text(std::string_view text, const std::string& member) {
    if (text.size() <= longest_user_text && is_printable(text)) return {};
    return base::fail(ErrorKind::input, member + "_invalid",
                      "The " + member + " must be at most 128 bytes of UTF-8 without control characters.");
}

tl::unexpected<base::Error> login_taken(std::string_view login) {
    return base::fail(ErrorKind::conflict, "user_exists",
                      "There is a user " + in_quotes(login) + " already; case does not count.",
                      "Choose another login.");
}

tl::unexpected<base::Error> user_missing(std::string_view login) {
    return base::fail(ErrorKind::not_found, "no_user", "There is no user " + in_quotes(login) + ".");
}

Digest user_stamp(const std::string& password_hash, const std::optional<Time>& changed) {
    return digest_of(password_hash + "\n" + (changed ? std::to_string(micros_of(*changed)) : "never"));
}

// For who is about to lose what an administrator has.
Result<void> keep_an_admin(Database& database, const User& leaving) {
    if (leaving.role != UserRole::admin || !is_let_in(leaving)) return {};
    constexpr std::int64_t no_organization = 0;
    const auto others = has_active_admin_without(database, leaving.id, no_organization);
    if (!others) return base::fail(others.error());
    if (!*others) return last_admin(in_quotes(leaving.login) + " is the last active administrator.");
    return {};
}

// A device that is let in for the first time: its registration no longer expires, and its organization awakes with it.
Result<void> let_device_in(Database& database, const User& device, bool confirm_conflicts, Time now) {
    if (device.registration->conflicts > 0 && !confirm_conflicts) {
        return base::fail(ErrorKind::conflict, "device_conflicts",
                          "Somebody tried to register " + in_quotes(device.login) + " with another secret, " +
                              std::to_string(device.registration->conflicts) +
                              (device.registration->conflicts == 1 ? " time." : " times."),
                          "Make sure that this is the right device, then confirm; or reset its registration.");
    }
    if (!device.registration->pending) return {};
    const auto known = database.change("UPDATE devices SET let_in = $2 WHERE user_id = $1", {device.id, now});
    if (!known) return base::fail(known.error());
    const auto awake =
        database.change("UPDATE organizations SET active = 1 WHERE id = $1 AND device = 1", {device.organization_id});
    if (!awake) return base::fail(awake.error());
    return {};
}

}  // namespace

bool is_reserved_login(std::string_view login) {
    constexpr std::array<std::string_view, 6> reserved{"root", "system", "console", "self", ".", ".."};
    return std::find(reserved.begin(), reserved.end(), lower_case(login)) != reserved.end();
}

std::string_view name(UserRole role) {
    switch (role) {
        case UserRole::admin:
            return "admin";
        case UserRole::org_admin:
            return "org-admin";
        case UserRole::user:
            break;
    }
    return "user";
}

std::optional<UserRole> user_role_of(std::string_view name) {
    for (const UserRole role : {UserRole::user, UserRole::org_admin, UserRole::admin}) {
        if (name == records::name(role)) return role;
    }
    return std::nullopt;
}

bool is_let_in(const User& user) {
    return user.active && user.organization_active;
}

Result<void> check_user(const UserFields& fields) {
    if (!is_login(fields.login)) {
        return base::fail(ErrorKind::input, "login_invalid", in_quotes(fields.login) + " can't be a login.",
                          "Use 1 to 65 letters a to z, digits, and . _ - @ +");
    }
    if (is_reserved_login(fields.login)) {
        return base::fail(ErrorKind::input, "login_invalid",
                          in_quotes(fields.login) + " can't be a login: paths and the audit mean another by it.",
                          "Choose another one.");
    }
    if (auto fine = check_user_text(fields.name, "name"); !fine) return fine;
    if (!fields.email.empty() && !is_email(fields.email)) {
        return base::fail(ErrorKind::input, "email_invalid",
                          "The e-mail address " + in_quotes(fields.email) + " is none.",
                          "Write NAME@DOMAIN, or leave it empty.");
    }
    return check_user_text(fields.title, "title");
}

Result<void> Users::check_new(const UserFields& fields) {
    if (auto fine = check_user(fields); !fine) return fine;
    const auto present = find(fields.login);
    if (!present) return base::fail(present.error());
    if (*present) return login_taken(fields.login);
    return {};
}

Result<User> Users::make(const NewUser& fresh, Time now) {
    if (auto fine = check_user(fresh); !fine) return base::fail(fine.error());
    const std::optional<std::string_view> hash =
        fresh.password_hash.empty() ? std::nullopt : std::optional<std::string_view>(fresh.password_hash);
    const std::optional<Time> changed = hash ? std::optional(now) : std::nullopt;
    const auto added = database_->change(
        "INSERT INTO users (organization_id, login, name, email, title, role, active, device, password_hash, "
        "password_changed, initial_password, submission_limits, created) "
        "VALUES ($1, $2, $3, $4, $5, $6, 1, 0, $7, $8, $9, '[]', $10)",
        {fresh.organization_id, fresh.login, fresh.name, fresh.email, fresh.title, records::name(fresh.role), hash,
         changed, fresh.initial_password, now});
    if (added) return found(fresh.login);
    if (added.error().code == "record_exists") return login_taken(fresh.login);
    if (added.error().code == "record_referenced")
        return base::fail(ErrorKind::not_found, "no_organization", "There is no such organization.");
    return base::fail(added.error());
}

Result<std::optional<UserAccount>> Users::find_account(std::string_view login) {
    if (!is_login(login)) return std::nullopt;
    const auto rows =
        database_->query(users_where("WHERE lower(users.login) = lower($1)", ", users.password_hash"), {login});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    const Row& row = rows->front();
    UserAccount account{user_of(row), row.is_null(user_columns) ? std::string() : row.text(user_columns), {}};
    account.stamp = user_stamp(account.password_hash, account.who.password_changed);
    return account;
}

Result<std::optional<User>> Users::find(std::string_view login) {
    auto account = find_account(login);
    if (!account) return base::fail(account.error());
    if (!*account) return std::nullopt;
    return std::move((*account)->who);
}

Result<std::optional<User>> Users::find(std::int64_t id) {
    const auto rows = database_->query(users_where("WHERE users.id = $1"), {id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    return user_of(rows->front());
}

Result<User> Users::found(std::string_view login) {
    auto one = find(login);
    if (!one) return base::fail(one.error());
    if (!*one) return user_missing(login);
    return std::move(**one);
}

Result<bool> Users::has_admin() {
    const auto rows = database_->query("SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin')");
    if (!rows) return base::fail(rows.error());
    return rows->front().truth(0);
}

Result<User> Users::change(std::string_view login, const UserChange& change) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    auto who = found(login);
    if (!who) return who;
    const UserFields& present = *who;
    UserFields next = present;
    next.name = change.name.value_or(next.name);
    next.email = change.email.value_or(next.email);
    next.title = change.title.value_or(next.title);
    next.role = change.role.value_or(next.role);
    if (next.role != who->role) {
        if (who->device) {
            return base::fail(ErrorKind::conflict, "device_role",
                              in_quotes(who->login) + " is a device, which keeps the role \"user\".");
        }
        if (auto kept = keep_an_admin(*database_, *who); !kept) return base::fail(kept.error());
    }
    // The login was judged when it was made, by the rules for devices where it is one.
    next.login = "any";
    if (auto fine = check_user(next); !fine) return base::fail(fine.error());
    const auto done = database_->change("UPDATE users SET name = $2, email = $3, title = $4, role = $5 WHERE id = $1",
                                        {who->id, next.name, next.email, next.title, records::name(next.role)});
    if (!done) return base::fail(done.error());
    auto now_is = found(login);
    if (!now_is) return now_is;
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return now_is;
}

Result<User> Users::activate(std::string_view login, bool confirm_conflicts, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    auto who = found(login);
    if (!who || who->active) return who;
    if (who->registration) {
        const auto let_in = let_device_in(*database_, *who, confirm_conflicts, now);
        if (!let_in) return base::fail(let_in.error());
    }
    const auto done = database_->change("UPDATE users SET active = 1 WHERE id = $1", {who->id});
    if (!done) return base::fail(done.error());
    auto now_is = found(login);
    if (!now_is) return now_is;
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return now_is;
}

Result<User> Users::deactivate(std::string_view login) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    auto who = found(login);
    if (!who || !who->active) return who;
    if (auto kept = keep_an_admin(*database_, *who); !kept) return base::fail(kept.error());
    const auto done = database_->change("UPDATE users SET active = 0 WHERE id = $1", {who->id});
    if (!done) return base::fail(done.error());
    if (const auto ended = UserSessions(*database_).end_all(who->id); !ended) return base::fail(ended.error());
    auto now_is = found(login);
    if (!now_is) return now_is;
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return now_is;
}

Result<void> Users::remove(std::string_view login) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto leaving = found(login);
    if (!leaving) return base::fail(leaving.error());
    if (auto kept = keep_an_admin(*database_, *leaving); !kept) return kept;
    const auto done = database_->change("DELETE FROM users WHERE id = $1", {leaving->id});
    if (!done) return base::fail(done.error());
    return transaction->commit();
}

Result<void> check_has_password(const User& user) {
    if (!user.device) return {};
    return base::fail(ErrorKind::conflict, "device_password",
                      in_quotes(user.login) + " is a device, which has a secret of its own instead of a password.");
}

Result<void> Users::set_password(std::string_view login, const std::string& password_hash, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto who = found(login);
    if (!who) return base::fail(who.error());
    if (auto may = check_has_password(*who); !may) return may;
    const auto done = database_->change(
        "UPDATE users SET password_hash = $2, password_changed = $3, initial_password = 0 WHERE id = $1",
        {who->id, password_hash, now});
    if (!done) return base::fail(done.error());
    return transaction->commit();
}

Result<void> Users::change_password(const UserAccount& verified, const std::string& password_hash, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    if (auto same = check_stamp(verified.who.id, verified.stamp); !same) return same;
    if (auto set = set_password(verified.who.login, password_hash, now); !set) return set;
    return transaction->commit();
}

Result<void> Users::check_stamp(std::int64_t user_id, const Digest& stamp) {
    const auto rows =
        database_->query("SELECT coalesce(password_hash, ''), password_changed FROM users WHERE id = $1", {user_id});
    if (!rows) return base::fail(rows.error());
    if (!rows->empty() && user_stamp(rows->front().text(0), rows->front().optional_time(1)) == stamp) return {};
    return base::fail(ErrorKind::denied, "credentials_changed",
                      "The password was changed while the former was being verified.", "Use the new one.");
}

Result<void> Users::touch(std::span<const Sighting> sightings) {
    if (sightings.empty()) return {};
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    for (const Sighting& sighting : sightings) {
        const auto done =
            database_->change("UPDATE users SET last_seen = $2 WHERE id = $1 AND coalesce(last_seen, 0) < $2",
                              {sighting.id, sighting.at});
        if (!done) return base::fail(done.error());
    }
    return transaction->commit();
}

}  // namespace gatehouse::records
