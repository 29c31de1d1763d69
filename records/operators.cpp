#include "records/operators.hpp"

#include "config/json_text.hpp"
#include "records/password.hpp"
#include "records/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using config::in_quotes;

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_display_name = 128;

std::string operators_where(std::string_view rest) {
    return "SELECT id, name, role, email, display_name, created, password_changed, initial_password, "
           "EXISTS (SELECT 1 FROM second_factors WHERE operator_id = operators.id AND confirmed IS NOT NULL), "
           "password_hash, last_sign_in, "
           "(SELECT confirmed FROM second_factors WHERE operator_id = operators.id) FROM operators " +
           std::string(rest);
}

Operator operator_of(const Row& row) {
    Operator one;
    one.id = row.integer(0);
    one.name = row.text(1);
    one.role = role_of(row.text(2)).value_or(Role::read);
    one.email = row.text(3);
    one.display_name = row.text(4);
    one.created = row.time(5);
    one.password_changed = row.time(6);
    one.initial_password = row.truth(7);
    one.second_factor = row.truth(8);
    one.last_sign_in = row.optional_time(10);
    return one;
}

Digest stamp_of(const std::string& password_hash, const std::optional<Time>& second_factor_since) {
    return digest_of(password_hash + "\n" +
                     (second_factor_since ? std::to_string(micros_of(*second_factor_since)) : "none"));
}

bool is_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), is_allowed);
}

// What the audit and paths call others than operators.
bool is_reserved(std::string_view name) {
    constexpr std::array<std::string_view, 4> reserved{"root", "system", "console", "self"};
    return std::find(reserved.begin(), reserved.end(), lower_case(name)) != reserved.end();
}

Result<void> check_details(std::string_view email, std::string_view display_name) {
    if (!email.empty() && !is_email(email)) {
        return base::fail(ErrorKind::input, "email_invalid", "The e-mail address " + in_quotes(email) + " is none.",
                          "Write NAME@DOMAIN, or leave it empty.");
    }
    if (display_name.size() > longest_display_name || !is_printable(display_name)) {
        return base::fail(ErrorKind::input, "display_name_invalid",
                          "The display name must be at most 128 bytes of UTF-8 without control characters.");
    }
    return {};
}

Result<void> check_fields(const OperatorFields& fields) {
    if (!is_name(fields.name)) {
        return base::fail(ErrorKind::input, "name_invalid", in_quotes(fields.name) + " can't be an operator's name.",
                          "Use 1 to 64 letters a to z, digits, dots, hyphens and underscores.");
    }
    if (is_reserved(fields.name)) {
        return base::fail(ErrorKind::input, "name_invalid",
                          in_quotes(fields.name) + " can't be an operator's name: the audit means another by it.",
                          "Choose another name than root, system, console and self.");
    }
    return check_details(fields.email, fields.display_name);
}

tl::unexpected<base::Error> taken(std::string_view name) {
    return base::fail(ErrorKind::conflict, "operator_exists",
                      "There is an operator " + in_quotes(name) + " already; case does not count.",
                      "Choose another name.");
}

tl::unexpected<base::Error> missing(std::string_view name) {
    return base::fail(ErrorKind::not_found, "no_operator", "There is no operator " + in_quotes(name) + ".");
}

Result<void> insert(Database& database, const NewOperator& fresh, Time now) {
    if (auto fine = check_fields(fresh); !fine) return fine;
    const auto done = database.change(
        "INSERT INTO operators (name, password_hash, role, email, display_name, created, password_changed, "
        "initial_password) VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        {fresh.name, fresh.password_hash, name(fresh.role), fresh.email, fresh.display_name, now,
         fresh.initial_password});
    if (done) return {};
    return done.error().code == "record_exists" ? taken(fresh.name) : base::fail(done.error());
}

}  // namespace

std::string_view name(Role role) {
    return role == Role::operate ? "operate" : "read";
}

std::optional<Role> role_of(std::string_view name) {
    if (name == "operate") return Role::operate;
    if (name == "read") return Role::read;
    return std::nullopt;
}

Result<void> check_candidate(const Candidate& candidate) {
    if (auto fine = check_fields(candidate); !fine) return fine;
    return check_password(candidate.name, candidate.password);
}

Result<NewOperator> hashed(const Candidate& candidate) {
    auto hash = hash_password(candidate.password);
    if (!hash) return base::fail(hash.error());
    NewOperator fresh;
    static_cast<OperatorFields&>(fresh) = static_cast<const OperatorFields&>(candidate);
    fresh.password_hash = std::move(*hash);
    return fresh;
}

Result<void> Operators::check_new(const Candidate& candidate) {
    if (auto fine = check_candidate(candidate); !fine) return fine;
    const auto present = find(candidate.name);
    if (!present) return base::fail(present.error());
    if (*present) return taken(candidate.name);
    return {};
}

Result<Operator> Operators::make(const NewOperator& fresh, Time now) {
    if (auto done = make_all({&fresh, 1}, now); !done) return base::fail(done.error());
    return found(fresh.name);
}

Result<void> Operators::make_all(std::span<const NewOperator> fresh, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    for (const NewOperator& one : fresh) {
        if (auto done = insert(*database_, one, now); !done) return done;
    }
    return transaction->commit();
}

Result<std::vector<Operator>> Operators::list() {
    const auto rows = database_->query(operators_where("ORDER BY lower(name)"));
    if (!rows) return base::fail(rows.error());
    std::vector<Operator> all;
    for (const Row& row : *rows)
        all.push_back(operator_of(row));
    return all;
}

Result<std::optional<Account>> Operators::find_account(std::string_view name) {
    if (!is_name(name)) return std::nullopt;
    return account_where("WHERE lower(name) = lower($1)", name);
}

Result<std::optional<Account>> Operators::account_where(std::string_view condition, Parameter value) {
    const auto rows = database_->query(operators_where(condition), {value});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    const Row& row = rows->front();
    return Account{operator_of(row), row.text(9), stamp_of(row.text(9), row.optional_time(11))};
}

Result<std::optional<Operator>> Operators::find(std::string_view name) {
    auto account = find_account(name);
    if (!account) return base::fail(account.error());
    if (!*account) return std::nullopt;
    return std::move((*account)->who);
}

Result<Operator> Operators::found(std::string_view name) {
    auto one = find(name);
    if (!one) return base::fail(one.error());
    if (!*one) return missing(name);
    return std::move(**one);
}

Result<bool> Operators::has_operating() {
    const auto rows = database_->query("SELECT EXISTS (SELECT 1 FROM operators WHERE role = 'operate')");
    if (!rows) return base::fail(rows.error());
    return rows->front().truth(0);
}

Result<void> Operators::keep_one_operating(const Operator& leaving) {
    const auto others =
        database_->query("SELECT count(*) FROM operators WHERE role = 'operate' AND id <> $1", {leaving.id});
    if (!others) return base::fail(others.error());
    if (leaving.role != Role::operate || others->front().integer(0) > 0) return {};
    return base::fail(ErrorKind::conflict, "last_operator",
                      in_quotes(leaving.name) + " is the last operator that may change things.",
                      "Add another one with the role \"operate\" first.");
}

Result<void> Operators::remove(std::string_view name) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto leaving = found(name);
    if (!leaving) return base::fail(leaving.error());
    if (auto kept = keep_one_operating(*leaving); !kept) return kept;
    const auto done = database_->change("DELETE FROM operators WHERE id = $1", {leaving->id});
    if (!done) return base::fail(done.error());
    return transaction->commit();
}

Result<void> Operators::set_password(std::string_view name, const std::string& password_hash, Time now) {
    if (!is_name(name)) return missing(name);
    const auto done = database_->change(
        "UPDATE operators SET password_hash = $2, password_changed = $3, initial_password = 0 "
        "WHERE lower(name) = lower($1)",
        {name, password_hash, now});
    if (!done) return base::fail(done.error());
    if (*done == 0) return missing(name);
    return {};
}

Result<void> Operators::change_password(const Account& verified, const std::string& password_hash, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    if (auto same = check_stamp(verified.who.id, verified.stamp); !same) return same;
    if (auto set = set_password(verified.who.name, password_hash, now); !set) return set;
    return transaction->commit();
}

Result<void> Operators::check_stamp(std::int64_t operator_id, const Digest& stamp) {
    const auto present = account_where("WHERE id = $1", operator_id);
    if (!present) return base::fail(present.error());
    if (*present && (*present)->stamp == stamp) return {};
    return base::fail(ErrorKind::denied, "credentials_changed",
                      "The password or the second factor was changed while the former was being verified.",
                      "Use the new one.");
}

}  // namespace gatehouse::records
