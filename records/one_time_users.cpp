#include "records/one_time_users.hpp"

#include "config/json_text.hpp"
#include "records/api_keys.hpp"
#include "records/audit.hpp"
#include "records/first_user.hpp"
#include "records/operators.hpp"
#include "records/password.hpp"
#include "records/settings.hpp"
#include "records/text.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using config::in_quotes;

constexpr const char* applied_setting = "one_time_file.applied";

// What the file asks for, judged; passwords are not hashed yet.
struct Wishes {
    std::vector<Candidate> operators;
    std::vector<NewUser> users;
    std::vector<const base::Secret*> passwords;  // of the users
};

// The same, ready to be stored.
struct Arrivals {
    std::vector<NewOperator> operators;
    std::vector<NewUser> users;
};

tl::unexpected<base::Error> at(std::string_view list, std::size_t index, base::Error error) {
    error.message = std::string(list) + "[" + std::to_string(index) + "]: " + error.message;
    return base::fail(std::move(error));
}

bool is_of_clean_door(const config::OneTimeUser& user) {
    return user.interface == config::Interface::clean;
}

// Whether that name is only taken by one that the appliance made up and nobody made theirs: then who comes by the file
// takes that one's place, as with a file that was there at the first start.
template <class Found>
bool gives_way(const Result<Found>& present) {
    return present && *present && (*present)->initial_password;
}

Result<Candidate> judged_operator(Database& database, const config::OneTimeUser& user) {
    const auto role = user.role.empty() ? Role::operate : role_of(user.role);
    if (!role) {
        return base::fail(ErrorKind::input, "role_invalid", "the role is neither \"read\" nor \"operate\".");
    }
    Candidate candidate;
    candidate.name = user.username;
    candidate.role = *role;
    candidate.email = user.email;
    candidate.display_name = user.name;
    candidate.password = user.password.clone();
    const auto fine = Operators(database).check_new(candidate);
    if (fine) return candidate;
    const bool may_replace = fine.error().code == "operator_exists" && candidate.role == Role::operate;
    if (may_replace && gives_way(Operators(database).find(candidate.name))) return candidate;
    return base::fail(fine.error());
}

Result<NewUser> judged_user(Database& database, const config::OneTimeUser& user) {
    const auto role = user.role.empty() ? UserRole::admin : user_role_of(user.role);
    if (!role) {
        return base::fail(ErrorKind::input, "role_invalid",
                          "the role is none of \"user\", \"org-admin\" and \"admin\".");
    }
    NewUser fresh;
    fresh.login = user.username;
    fresh.name = user.name;
    fresh.email = user.email;
    fresh.role = *role;
    if (const auto fine = Users(database).check_new(fresh); !fine) {
        const bool may_replace = fine.error().code == "user_exists" && fresh.role == UserRole::admin;
        if (!may_replace || !gives_way(Users(database).find(fresh.login))) return base::fail(fine.error());
    }
    if (auto fine = check_password(fresh.login, user.password); !fine) return base::fail(fine.error());
    return fresh;
}

Result<void> judge_user(Database& database, const config::OneTimeUser& user, Wishes& wishes) {
    if (!is_of_clean_door(user)) {
        auto one = judged_operator(database, user);
        if (!one) return base::fail(one.error());
        wishes.operators.push_back(std::move(*one));
        return {};
    }
    auto one = judged_user(database, user);
    if (!one) return base::fail(one.error());
    wishes.users.push_back(std::move(*one));
    wishes.passwords.push_back(&user.password);
    return {};
}

Result<Wishes> judged_users(Database& database, const config::OneTimeFile& file) {
    Wishes wishes;
    config::PerInterface<std::set<std::string>> names;
    for (std::size_t i = 0; i < file.users.size(); ++i) {
        const config::OneTimeUser& user = file.users[i];
        if (auto fine = judge_user(database, user, wishes); !fine) return at("users", i, fine.error());
        if (!names[user.interface].insert(lower_case(user.username)).second) {
            return at("users", i,
                      {ErrorKind::conflict, "name_repeated",
                       "the name " + in_quotes(user.username) + " comes twice; case does not count.",
                       "Choose another name."});
        }
    }
    return wishes;
}

Result<void> check_owner(Database& database, const Wishes& wishes, const std::string& login) {
    const bool arrives = std::any_of(wishes.users.begin(), wishes.users.end(),
                                     [&](const NewUser& user) { return lower_case(user.login) == lower_case(login); });
    if (arrives) return {};
    const auto present = Users(database).find(login);
    if (!present) return base::fail(present.error());
    if (*present) return {};
    return base::fail(ErrorKind::not_found, "no_user",
                      "there is no user " + in_quotes(login) + " of the clean door, neither here nor in \"users\".",
                      "Add the user to \"users\", with \"interface\": \"clean\".");
}

Result<void> judge_api_keys(Database& database, const config::OneTimeFile& file, const Wishes& wishes) {
    std::set<std::string> owners;
    for (std::size_t i = 0; i < file.api_keys.size(); ++i) {
        const config::OneTimeApiKey& one = file.api_keys[i];
        if (auto fine = check_api_key(one.key.reveal()); !fine) return at("apikeys", i, fine.error());
        if (auto fine = check_owner(database, wishes, one.username); !fine) return at("apikeys", i, fine.error());
        if (!owners.insert(lower_case(one.username)).second) {
            return at("apikeys", i,
                      {ErrorKind::conflict, "api_key_repeated",
                       "the user " + in_quotes(one.username) + " has an API key in this file already.",
                       "A user has one key."});
        }
    }
    return {};
}

Result<Arrivals> hashed_all(Wishes wishes) {
    Arrivals arrivals;
    for (const Candidate& candidate : wishes.operators) {
        auto one = hashed(candidate);
        if (!one) return base::fail(one.error());
        arrivals.operators.push_back(std::move(*one));
    }
    for (std::size_t i = 0; i < wishes.users.size(); ++i) {
        auto hash = hash_password(*wishes.passwords[i]);
        if (!hash) return base::fail(hash.error());
        wishes.users[i].password_hash = std::move(*hash);
    }
    arrivals.users = std::move(wishes.users);
    return arrivals;
}

Result<void> note(Database& database, std::string_view action, const std::string& object, Time now) {
    AuditEntry entry;
    entry.actor = "system";
    entry.action = action;
    entry.object = object;
    if (!action.starts_with("operator.")) entry.detail = R"({"interface":"clean"})";
    return Audit(database).add(entry, now);
}

// In the transaction that brings who takes their place.
Result<void> remove_made_up(Database& database, const Arrivals& arrivals) {
    for (const NewOperator& one : arrivals.operators) {
        const auto gone =
            database.change("DELETE FROM operators WHERE lower(name) = lower($1) AND initial_password = 1", {one.name});
        if (!gone) return base::fail(gone.error());
    }
    for (const NewUser& one : arrivals.users) {
        const auto gone =
            database.change("DELETE FROM users WHERE lower(login) = lower($1) AND initial_password = 1", {one.login});
        if (!gone) return base::fail(gone.error());
    }
    return {};
}

Result<void> store_users(Database& database, std::vector<NewUser>& users, const base::Secret& key, Time now) {
    if (users.empty()) return {};
    const auto organization = default_organization(database, default_organization_name, now);
    if (!organization) return base::fail(organization.error());
    for (NewUser& user : users) {
        user.organization_id = *organization;
        if (const auto made = make_user(database, key, user, now); !made) return base::fail(made.error());
        if (auto noted = note(database, "user.added", user.login, now); !noted) return noted;
    }
    return {};
}

Result<void> keep_api_key(Database& database, const config::OneTimeApiKey& one, const base::Secret& key, Time now) {
    const auto owner = Users(database).find(one.username);
    if (!owner) return base::fail(owner.error());
    if (!*owner) return base::fail(ErrorKind::not_found, "no_user", "the user is gone.");
    if (auto kept = ApiKeys(database, key).keep((*owner)->id, one.key.reveal(), now); !kept) return kept;
    return note(database, "user.api_key", (*owner)->login, now);
}

Result<void> store(Database& database, const config::OneTimeFile& file, Arrivals arrivals, const base::Secret& key,
                   Time now) {
    if (auto removed = remove_made_up(database, arrivals); !removed) return removed;
    if (auto made = Operators(database).make_all(arrivals.operators, now); !made) return made;
    for (const NewOperator& one : arrivals.operators) {
        if (auto noted = note(database, "operator.added", one.name, now); !noted) return noted;
    }
    if (auto stored = store_users(database, arrivals.users, key, now); !stored) return stored;
    for (std::size_t i = 0; i < file.api_keys.size(); ++i) {
        if (auto kept = keep_api_key(database, file.api_keys[i], key, now); !kept)
            return at("apikeys", i, kept.error());
    }
    return {};
}

}  // namespace

Result<void> take_one_time_users(Database& database, const config::OneTimeFile& file, const UsersKey& key, Time now) {
    const std::string mark = "\"" + file.digest + "\"";
    const auto before = Settings(database).get(applied_setting);
    if (!before) return base::fail(before.error());
    if (*before == mark) return {};
    auto wishes = judged_users(database, file);
    if (!wishes) return base::fail(wishes.error());
    if (auto fine = judge_api_keys(database, file, *wishes); !fine) return fine;
    if (key.trouble && (!wishes->users.empty() || !file.api_keys.empty())) return base::fail(*key.trouble);
    auto arrivals = hashed_all(std::move(*wishes));
    if (!arrivals) return base::fail(arrivals.error());
    auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    if (auto stored = store(database, file, std::move(*arrivals), key.key, now); !stored) return stored;
    if (auto marked = Settings(database).put(applied_setting, mark, now); !marked) return marked;
    return transaction->commit();
}

}  // namespace gatehouse::records
