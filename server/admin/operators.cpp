#include "server/admin/operators.hpp"

#include "records/first_operator.hpp"
#include "records/operators.hpp"
#include "records/password.hpp"
#include "records/second_factor.hpp"
#include "records/sessions.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/present_password.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/session.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/cookies.hpp"
#include "server/http/json_body.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

using records::Database;
using records::Operators;

Json operator_shape(const records::Operator& who) {
    return {{"username", who.name},
            {"name", who.display_name},
            {"email", who.email},
            {"role", records::name(who.role)},
            {"totp", who.second_factor},
            {"created_at", moment_shape(who.created)},
            {"last_sign_in_at", moment_or_null(who.last_sign_in)}};
}

http::Later list_operators(const Services& services, const http::Request&) {
    const auto all = co_await services.archive->run([](Database& database) { return Operators(database).list(); });
    if (!all) co_return http::problem(all.error());
    Json items = Json::array();
    for (const auto& who : *all)
        items.push_back(operator_shape(who));
    co_return list_response(std::move(items));
}

http::Judged<records::Candidate> read_candidate(const http::Request& request) {
    return http::read_json<records::Candidate>(request, [](http::JsonObject& body, records::Candidate& candidate) {
        std::optional<std::string> name;
        std::optional<std::string> email;
        body.text("username", candidate.name, {.least = 1, .most = 64});
        body.secret("password", candidate.password, 0, records::longest_password);
        body.choice("role", candidate.role, {{"read", records::Role::read}, {"operate", records::Role::operate}});
        body.text("name", name, {.least = 0, .most = 128});
        body.text("email", email, {.least = 0, .most = 254});
        candidate.display_name = name.value_or("");
        candidate.email = email.value_or("");
    });
}

http::Response refused_member(const base::Error& error) {
    return refused(error, {{"name_invalid", "/username"},
                           {"email_invalid", "/email"},
                           {"display_name_invalid", "/name"},
                           {"password_short", "/password"},
                           {"password_long", "/password"},
                           {"password_is_name", "/password"}});
}

http::Later add_operator(const Services& services, const http::Request& request) {
    if (auto no = refuse_token(request)) co_return std::move(*no);
    const auto candidate = read_candidate(request);
    if (!candidate) co_return http::problem(candidate.error());
    if (const auto sound = records::check_candidate(*candidate); !sound) co_return refused_member(sound.error());
    const auto fresh = co_await services.hashing.run([&] { return records::hashed(*candidate); });
    if (!fresh) co_return refused(fresh.error());
    auto make =
        services.archive->run([&](Database& database) { return Operators(database).make(*fresh, records::now()); });
    Note entry{.action = "operator.added", .object = candidate->name};
    const auto made = co_await audited(services, request, std::move(entry), std::move(make));
    if (!made) co_return refused(made.error());
    co_return json_response(operator_shape(*made), 201);
}

http::Later remove_operator(const Services& services, const http::Request& request) {
    if (auto no = refuse_token(request)) co_return std::move(*no);
    const std::string name(request.parameter("username"));
    auto remove = services.archive->run([&](Database& database) -> base::Result<void> {
        const auto leaving = Operators(database).find(name);
        if (!leaving) return base::fail(leaving.error());
        if (auto gone = Operators(database).remove(name); !gone) return gone;
        if (*leaving) services.identities.forget_operator((*leaving)->id);
        services.identities.refresh(database);
        return {};
    });
    Note entry{.action = "operator.removed", .object = name};
    const auto removed = co_await audited(services, request, std::move(entry), std::move(remove));
    if (!removed) co_return http::problem(removed.error());
    co_return no_content();
}

// ---- passwords

struct NewPassword {
    base::Secret password;
    std::optional<base::Secret> present;
    std::optional<bool> remove_totp;
};

http::Judged<NewPassword> read_new_password(const http::Request& request) {
    return http::read_json<NewPassword>(request, [](http::JsonObject& body, NewPassword& wish) {
        body.secret("password", wish.password, 0, records::longest_password);
        body.secret("present_password", wish.present, 0, records::longest_password);
        body.boolean("remove_totp", wish.remove_totp);
    });
}

// A password to set.
struct Setting {
    std::string name;
    std::string hash;
    bool remove_totp = false;
    std::optional<records::Account> verified;  // nullopt: the console's
};

struct Set {
    std::int64_t operator_id = 0;
    std::optional<records::StartedSession> session;  // of who changed their own
};

// What a new password means in the database, all or nothing: the operator's sessions end, and who changed their own
// gets a new one.
base::Result<Set> store_password(const Services& services, Database& database, const http::Request& request,
                                 const Setting& wish) {
    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    Operators operators(database);
    const auto now = records::now();
    const auto stored = wish.verified ? operators.change_password(*wish.verified, wish.hash, now)
                                      : operators.set_password(wish.name, wish.hash, now);
    if (!stored) return base::fail(stored.error());
    const auto who = operators.find(wish.name);
    if (!who) return base::fail(who.error());
    Set set{(*who)->id, std::nullopt};
    if (const auto ended = records::Sessions(database).end_all(set.operator_id); !ended) {
        return base::fail(ended.error());
    }
    if (wish.remove_totp && (*who)->second_factor) {
        auto off = records::SecondFactors(database, services.sealing_key).disable(set.operator_id);
        if (!off) return base::fail(off.error());
    }
    if (wish.verified) {
        const auto account = operators.find_account(wish.name);
        if (!account) return base::fail(account.error());
        auto session = records::Sessions(database).start(session_for(request, **account), services.session_limits, now);
        if (!session) return base::fail(session.error());
        set.session = std::move(*session);
    }
    if (auto kept = transaction->commit(); !kept) return base::fail(kept.error());
    return set;
}

// Everything that a new password means.
base::Result<Set> replace_password(const Services& services, Database& database, const http::Request& request,
                                   const Setting& wish) {
    auto set = store_password(services, database, request, wish);
    if (!set) return set;
    services.identities.forget_sessions_of(set->operator_id);
    services.identities.refresh(database);
    if (auto gone = records::settle_first_operator(database, services.files, services.state_directory); !gone) {
        services.log.warning("operator.initial_password", gone.error().text(), {{"code", gone.error().code}});
    }
    return set;
}

http::Later set_password(const Services& services, const http::Request& request) {
    if (auto no = refuse_token(request)) co_return std::move(*no);
    const http::Caller& caller = *request.caller;
    const bool on_console = caller.means == by_console;
    Setting wanted{.name = std::string(request.parameter("username")), .hash = {}, .verified = {}};
    const std::string& name = wanted.name;
    if (name == "self") wanted.name = caller.name;
    if (!on_console && !http::same_name(name, caller.name)) {
        co_return http::problem(403, "console_only",
                                "Another's password is set on the appliance: gatehousectl operator "
                                "set-password " +
                                    name);
    }
    const auto wish = read_new_password(request);
    if (!wish) co_return http::problem(wish.error());
    if (!on_console) {
        if (wish->remove_totp) {
            co_return http::problem(403, "console_only", "remove_totp is for gatehousectl on the appliance itself.");
        }
        if (!wish->present) {
            co_return http::problem(
                http::Refusal{422, "missing_member", "Give your present password too.", "/present_password"});
        }
        auto proved = co_await prove_present_password(services, request, *wish->present);
        if (!proved) co_return std::move(proved.error());
        wanted.verified = std::move(*proved);
    }
    wanted.remove_totp = wish->remove_totp.value_or(false);
    if (const auto sound = records::check_password(name, wish->password); !sound) {
        co_return refused_member(sound.error());
    }
    auto hash = co_await services.hashing.run([&] { return records::hash_password(wish->password); });
    if (!hash) co_return http::problem(hash.error());
    wanted.hash = std::move(*hash);
    auto replace = services.archive->run(
        [&](Database& database) { return replace_password(services, database, request, wanted); });
    Note entry{.action = "operator.password_set", .object = name};
    const auto set = co_await audited(services, request, std::move(entry), std::move(replace));
    if (!set) co_return problem_after_proof(set.error());
    services.sign_in_throttle.forgive(name);
    services.recheck_throttle.forgive(name);
    auto response = no_content();
    if (set->session) {
        response.fields.emplace_back(
            "Set-Cookie", http::set_host_cookie(Identities::cookie_name, set->session->bearer.reveal(), std::nullopt));
    }
    co_return response;
}

}  // namespace

void add_operator_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back({Method::get, "/api/v1/operators", Access::read, 0, with(services, list_operators)});
    routes.push_back(
        {Method::post, "/api/v1/operators", Access::operate, most_json_bytes, with(services, add_operator)});
    routes.push_back(
        {Method::delete_, "/api/v1/operators/{username}", Access::operate, 0, with(services, remove_operator)});
    routes.push_back({Method::put, "/api/v1/operators/{username}/password", Access::read, most_json_bytes,
                      with(services, set_password)});
}

}  // namespace gatehouse::admin
