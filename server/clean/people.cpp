#include "server/clean/people.hpp"

#include "records/devices.hpp"
#include "records/first_user.hpp"
#include "records/organizations.hpp"
#include "records/password.hpp"
#include "server/clean/events.hpp"

#include <type_traits>
#include <utility>

namespace gatehouse::clean {

namespace {

using base::Result;
using records::Database;
using records::User;
using records::Users;

// What becomes of the work's result where it is done, on the archive's thread.
template <class Work>
auto on_user(const Services& services, const Asking& asking, const std::string& login, Wish wish, Work work)
    -> Outcome<typename std::invoke_result_t<Work&, Database&, const User&>::value_type> {
    using Done = std::invoke_result_t<Work&, Database&, const User&>;
    return services.archive->run(
        [&services, &asking, &login, wish, work = std::move(work)](Database& database) mutable -> Done {
            const auto user = find_judged(database, asking, login, wish);
            if (!user) return base::fail(user.error());
            Done done = work(database, *user);
            if (done) users_changed(services, database, user->login);
            return done;
        });
}

Result<std::optional<std::string>> key_of(const Services& services, Database& database, const User& user) {
    const auto key = records::ApiKeys(database, services.box_key).show(user.id);
    if (!key) return base::fail(key.error());
    return *key ? std::optional(std::string((*key)->reveal())) : std::nullopt;
}

// The user as the caller is shown it. One whose key can't be opened is shown without: the others are none the worse.
Shown shown_to(const User& caller, const Services& services, Database& database, User user) {
    Shown shown{std::move(user), std::nullopt};
    if (!judge(caller, shown.user, Wish::hold_key)) return shown;
    auto key = key_of(services, database, shown.user);
    if (!key) {
        services.log.warning("user.key_locked",
                             "The API key of " + shown.user.login + " is not shown. " + key.error().text(),
                             {{"code", key.error().code}, {"user", shown.user.login}});
        return shown;
    }
    shown.api_key = std::move(*key);
    return shown;
}

boost::asio::awaitable<Result<std::string>> hashed(const Services& services, const std::string& login,
                                                   const base::Secret& password) {
    if (auto sound = records::check_password(login, password); !sound) co_return base::fail(sound.error());
    co_return co_await services.setting.run([&] { return records::hash_password(password); });
}

}  // namespace

Result<User> find_judged(Database& database, const Asking& asking, const std::string& login, Wish wish) {
    auto user = Users(database).find(login);
    if (!user) return base::fail(user.error());
    if (!*user) return base::fail(no_user(login));
    if (auto judged = judge(asking.member->user, **user, wish); !judged) {
        // As it was typed: how it is spelt is nobody's business who may not see it.
        return base::fail(judged.error().code == "no_user" ? no_user(login) : judged.error());
    }
    return std::move(**user);
}

void users_changed(const Services& services, Database& database, std::string_view login) {
    services.members->refresh(database);
    if (const auto gone = records::settle_first_user(database, services.files, services.state_directory); !gone)
        services.log.warning("user.initial_password", gone.error().text(), {{"code", gone.error().code}});
    tell_user_changed(services, login);
}

Outcome<User> find_user(const Services& services, const Asking& asking, std::string login) {
    co_return co_await services.archive->run(
        [&](Database& database) { return find_judged(database, asking, login, Wish::see); });
}

Outcome<Shown> show_user(const Services& services, const Asking& asking, std::string login) {
    co_return co_await services.archive->run([&](Database& database) -> Result<Shown> {
        auto user = find_judged(database, asking, login, Wish::see);
        if (!user) return base::fail(user.error());
        return shown_to(asking.member->user, services, database, std::move(*user));
    });
}

Outcome<std::vector<Shown>> show_users(const Services& services, const Asking& asking, std::int64_t organization_id) {
    const User& caller = asking.member->user;
    if (auto may = judge_role(caller, organization_id, records::UserRole::user); !may)
        co_return base::fail(may.error());
    co_return co_await services.archive->run([&](Database& database) -> Result<std::vector<Shown>> {
        const auto organization = records::Organizations(database).find(organization_id);
        if (!organization) return base::fail(organization.error());
        if (!*organization) return base::fail(no_organization());
        std::vector<Shown> all;
        std::string cursor;
        do {
            auto page = Users(database).list({.organization_id = organization_id}, {}, cursor, Users::most_of_page);
            if (!page) return base::fail(page.error());
            for (User& user : page->users)
                all.push_back(shown_to(caller, services, database, std::move(user)));
            cursor = page->next.value_or("");
        } while (!cursor.empty());
        return all;
    });
}

Outcome<std::string> show_key(const Services& services, const Asking& asking, std::string login) {
    co_return co_await services.archive->run([&](Database& database) -> Result<std::string> {
        const auto user = find_judged(database, asking, login, Wish::hold_key);
        if (!user) return base::fail(user.error());
        auto key = key_of(services, database, *user);
        if (!key) return base::fail(key.error());
        if (!*key) {
            return base::fail(base::ErrorKind::not_found, "no_api_key", user->login + " has no API key.", "Make one.");
        }
        return std::move(**key);
    });
}

Outcome<Shown> make_user(const Services& services, const Asking& asking, Newcomer newcomer) {
    const User& caller = asking.member->user;
    records::NewUser fresh;
    static_cast<records::UserFields&>(fresh) = newcomer.fields;
    fresh.organization_id = newcomer.organization_id.value_or(caller.organization_id);
    auto make = [](const Services& house, const User& who, records::NewUser wanted,
                   std::optional<base::Secret> password) -> Outcome<Shown> {
        if (auto may = judge_role(who, wanted.organization_id, wanted.role); !may) co_return base::fail(may.error());
        if (auto sound = records::check_user(wanted); !sound) co_return base::fail(sound.error());
        if (password) {
            auto hash = co_await hashed(house, wanted.login, *password);
            if (!hash) co_return base::fail(hash.error());
            wanted.password_hash = std::move(*hash);
        }
        co_return co_await house.archive->run([&](Database& database) -> Result<Shown> {
            auto made = records::make_user(database, house.box_key, wanted, records::now());
            if (!made) return base::fail(made.error());
            users_changed(house, database, made->login);
            return shown_to(who, house, database, std::move(*made));
        });
    };
    Note note{.action = "user.made",
              .object = fresh.login,
              .detail = {{"role", records::name(fresh.role)}, {"organization_id", fresh.organization_id}}};
    auto making = make(services, caller, std::move(fresh), std::move(newcomer.password));
    co_return co_await audited(services, asking, std::move(note), std::move(making));
}

Outcome<User> change_user(const Services& services, const Asking& asking, std::string login,
                          records::UserChange change) {
    const User& caller = asking.member->user;
    auto work = [&](Database& database, const User& user) -> Result<User> {
        if (change.role && *change.role != user.role) {
            if (auto may = judge(caller, user, Wish::order); !may) return base::fail(may.error());
            if (auto may = judge_role(caller, user.organization_id, *change.role); !may) return base::fail(may.error());
        }
        auto changed = Users(database).change(login, change);
        // Who has fewer rights from now on has them, whatever becomes of loading it anew.
        if (changed && changed->role < user.role) services.members->forget_user(user.id);
        return changed;
    };
    Note note{.action = "user.changed", .object = login};
    if (change.role) note.detail["role"] = records::name(*change.role);
    auto changing = on_user(services, asking, login, Wish::describe, std::move(work));
    co_return co_await audited(services, asking, std::move(note), std::move(changing));
}

Outcome<User> activate_user(const Services& services, const Asking& asking, std::string login, bool confirm_conflicts) {
    auto work = [&](Database& database, const User&) {
        return Users(database).activate(login, confirm_conflicts, records::now());
    };
    Note note{.action = "user.activated", .object = login, .detail = {{"confirm_conflicts", confirm_conflicts}}};
    auto activating = on_user(services, asking, login, Wish::order, std::move(work));
    co_return co_await audited(services, asking, std::move(note), std::move(activating));
}

Outcome<User> deactivate_user(const Services& services, const Asking& asking, std::string login) {
    auto work = [&](Database& database, const User& user) {
        auto done = Users(database).deactivate(login);
        if (done) services.members->forget_user(user.id);
        return done;
    };
    Note note{.action = "user.deactivated", .object = login};
    auto deactivating = on_user(services, asking, login, Wish::order, std::move(work));
    co_return co_await audited(services, asking, std::move(note), std::move(deactivating));
}

Outcome<void> remove_user(const Services& services, const Asking& asking, std::string login) {
    auto work = [&](Database& database, const User& user) {
        // Its organization was made for it: the next device of that name must not find it.
        auto done =
            user.device ? records::Devices(database, services.box_key).reset(login) : Users(database).remove(login);
        if (done) services.members->forget_user(user.id);
        return done;
    };
    Note note{.action = "user.removed", .object = login};
    auto removing = on_user(services, asking, login, Wish::order, std::move(work));
    co_return co_await audited(services, asking, std::move(note), std::move(removing));
}

Outcome<void> reset_device(const Services& services, const Asking& asking, std::string login) {
    auto work = [&](Database& database, const User& user) {
        auto done = records::Devices(database, services.box_key).reset(login);
        if (done) services.members->forget_user(user.id);
        return done;
    };
    Note note{.action = "device.reset", .object = login};
    auto resetting = on_user(services, asking, login, Wish::order, std::move(work));
    co_return co_await audited(services, asking, std::move(note), std::move(resetting));
}

Outcome<Shown> renew_key(const Services& services, const Asking& asking, std::string login) {
    auto work = [&](Database& database, const User& user) -> Result<Shown> {
        const auto key = records::ApiKeys(database, services.box_key).regenerate(user.id, records::now());
        if (!key) return base::fail(key.error());
        services.members->forget_key_of(user.id);
        return Shown{user, std::string(key->reveal())};
    };
    Note note{.action = "user.key_renewed", .object = login};
    auto renewing = on_user(services, asking, login, Wish::hold_key, std::move(work));
    co_return co_await audited(services, asking, std::move(note), std::move(renewing));
}

Outcome<void> give_password(const Services& services, const Asking& asking, std::string login, base::Secret password) {
    auto give = [](const Services& house, const Asking& who, const std::string& name,
                   const base::Secret& wanted) -> Outcome<void> {
        // Before the hashing, which is dear.
        const bool own = http::same_name(name, who.member->user.login);
        const Wish wish = own ? Wish::describe : Wish::order;
        const auto may =
            co_await house.archive->run([&](Database& database) { return find_judged(database, who, name, wish); });
        if (!may) co_return base::fail(may.error());
        if (const auto sound = records::check_has_password(*may); !sound) co_return base::fail(sound.error());
        const auto hash = co_await hashed(house, name, wanted);
        if (!hash) co_return base::fail(hash.error());
        auto work = [&](Database& database, const User& user) -> Result<void> {
            auto transaction = records::Transaction::begin(database);
            if (!transaction) return base::fail(transaction.error());
            if (auto set = Users(database).set_password(name, *hash, records::now()); !set) return set;
            const auto ended = records::UserSessions(database).end_all(user.id);
            if (!ended) return base::fail(ended.error());
            if (auto kept = transaction->commit(); !kept) return kept;
            house.members->forget_sessions_of(user.id);
            return {};
        };
        co_return co_await on_user(house, who, name, wish, std::move(work));
    };
    Note note{.action = "user.password_set", .object = login};
    auto giving = give(services, asking, login, password);
    const auto given = co_await audited(services, asking, std::move(note), std::move(giving));
    if (given) {
        services.sign_in_throttle.forgive(login);
        services.recheck_throttle.forgive(login);
    }
    co_return given;
}

}  // namespace gatehouse::clean
