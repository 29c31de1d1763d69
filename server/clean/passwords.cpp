#include "server/clean/passwords.hpp"

#include "records/password.hpp"
#include "server/clean/people.hpp"
#include "server/clean/session.hpp"
#include "server/http/json_body.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using records::Database;
using records::UserAccount;

struct NewPassword {
    base::Secret password;
    std::optional<base::Secret> present;
};

http::Judged<NewPassword> read_new_password(const http::Request& request) {
    return http::read_json<NewPassword>(request, [](http::JsonObject& body, NewPassword& wish) {
        body.secret("password", wish.password, 0, records::longest_password);
        body.secret("present_password", wish.present, 0, records::longest_password);
    });
}

http::Response refusal_of(const base::Error& error) {
    if (error.code == "credentials_changed")
        return http::problem(403, "present_password_wrong", "This is not the present password.");
    return http::refused(
        error, {{"password_short", "/password"}, {"password_long", "/password"}, {"password_is_name", "/password"}});
}

// The caller's account, where this is its password. Its guesses are counted by session, whichever network it comes
// from, since a stolen one travels.
Outcome<UserAccount> prove(const Services& services, const Asking& asking, const base::Secret& password) {
    const std::string& login = asking.member->user.login;
    const auto account = co_await services.archive->run(
        [&](Database& database) { return records::Users(database).find_account(login); });
    if (!account) co_return base::fail(account.error());
    const auto right = co_await services.setting.run([&]() -> base::Result<bool> {
        return *account && records::verify_password((*account)->password_hash, password);
    });
    if (!right) co_return base::fail(right.error());
    if (!*right) {
        co_return base::fail(base::ErrorKind::denied, "present_password_wrong", "This is not the present password.");
    }
    co_return **account;
}

// What a new password of one's own means: all sessions end, and one begins anew.
base::Result<records::StartedUserSession> replace_own(const Services& services, Database& database,
                                                      const Asking& asking, const UserAccount& verified,
                                                      const std::string& hash) {
    records::Users users(database);
    const auto now = records::now();
    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    if (auto changed = users.change_password(verified, hash, now); !changed) return base::fail(changed.error());
    records::UserSessions sessions(database);
    if (auto ended = sessions.end_all(verified.who.id); !ended) return base::fail(ended.error());
    const auto account = users.find_account(verified.who.login);
    if (!account) return base::fail(account.error());
    if (!*account) return base::fail(no_user(verified.who.login));
    auto started = sessions.start(session_for(asking.request, **account), services.session_limits, now);
    if (!started) return started;
    if (auto kept = transaction->commit(); !kept) return base::fail(kept.error());
    services.members->forget_sessions_of(verified.who.id);
    users_changed(services, database, verified.who.login);
    return started;
}

Outcome<records::StartedUserSession> change_own(const Services& services, const Asking& asking,
                                                const NewPassword& wish) {
    const auto verified = co_await prove(services, asking, *wish.present);
    if (!verified) co_return base::fail(verified.error());
    if (auto sound = records::check_password(verified->who.login, wish.password); !sound)
        co_return base::fail(sound.error());
    const auto hash = co_await services.setting.run([&] { return records::hash_password(wish.password); });
    if (!hash) co_return base::fail(hash.error());
    co_return co_await services.archive->run(
        [&](Database& database) { return replace_own(services, database, asking, *verified, *hash); });
}

http::Later put_own(const Services& services, const Asking& asking, NewPassword wish) {
    if (!wish.present) {
        co_return http::problem(
            http::Refusal{422, "missing_member", "Give your present password too.", "/present_password"});
    }
    const std::string& login = asking.member->user.login;
    const std::string& session = asking.member->id;
    if (const auto wait = services.recheck_throttle.begin(login, session); wait.count() > 0)
        co_return http::too_many(wait);
    Note note{.action = "user.password_set", .object = login};
    auto changing = change_own(services, asking, wish);
    const auto started = co_await audited(services, asking, std::move(note), std::move(changing));
    const bool wrong = !started && started.error().code == "present_password_wrong";
    if (!started && !wrong) services.recheck_throttle.take_back(login, session);
    if (!started) co_return refusal_of(started.error());
    services.recheck_throttle.forgive(login);
    services.sign_in_throttle.forgive(login);
    auto response = http::no_content();
    response.fields.emplace_back("Set-Cookie", cookie_of(*started));
    co_return response;
}

http::Later put_password(const Services& services, const http::Request& request) {
    auto wish = read_new_password(request);
    if (!wish) co_return http::problem(wish.error());
    const Asking asking = signed_in(request);
    std::string login(request.parameter("login"));
    if (http::same_name(login, asking.member->user.login))
        co_return co_await put_own(services, asking, std::move(*wish));
    const auto given = co_await give_password(services, asking, std::move(login), std::move(wish->password));
    co_return given ? http::no_content() : refusal_of(given.error());
}

}  // namespace

void add_password_routes(std::vector<http::Route>& routes, const Services& services) {
    routes.push_back({http::Method::put, "/api/v1/users/{login}/password", http::Access::read, most_json_bytes,
                      with(services, put_password)});
}

}  // namespace gatehouse::clean
