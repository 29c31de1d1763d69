#include "server/admin/operators.hpp"

#include "records/first_operator.hpp"
#include "records/operators.hpp"
#include "records/password.hpp"
#include "records/second_factor.hpp"
#include "records/sessions.hpp"
#include "server/admin/journal.hpp"
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
        // They stand for others in paths and in the audit.
        if (http::same_name(candidate.name, "self") || http::same_name(candidate.name, "console")) {
            body.refuse_value("username", "must not be self or console.");
        }
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
    const auto fresh = co_await services.hashing->run([&] { return records::hashed(*candidate); });
    if (!fresh) co_return refused(fresh.error());
    const auto made = co_await services.archive->run(
        [&](Database& database) { return Operators(database).make(*fresh, records::now()); });
    Note entry{.action = "operator.added", .object = candidate->name, .refusal = made ? "" : made.error().code};
    co_await note(services, request, std::move(entry));
    if (!made) co_return refused(made.error());
    co_return json_response(operator_shape(*made), 201);
}

http::Later remove_operator(const Services& services, const http::Request& request) {
    if (auto no = refuse_token(request)) co_return std::move(*no);
    const std::string name(request.parameter("username"));
    const auto removed = co_await services.archive->run([&](Database& database) -> base::Result<void> {
        if (auto gone = Operators(database).remove(name); !gone) return gone;
        return services.identities->refresh(database);
    });
    Note entry{.action = "operator.removed", .object = name, .refusal = removed ? "" : removed.error().code};
    co_await note(services, request, std::move(entry));
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

// Everything that a new password means. The operator's id.
base::Result<std::int64_t> replace_password(const Services& services, Database& database, const std::string& name,
                                            const std::string& hash, bool remove_totp) {
    auto set = [&]() -> base::Result<std::int64_t> {
        auto transaction = records::Transaction::begin(database);
        if (!transaction) return base::fail(transaction.error());
        const auto who = Operators(database).find(name);
        if (!who) return base::fail(who.error());
        if (!*who) return base::fail(base::ErrorKind::not_found, "no_operator", "There is no operator " + name + ".");
        const std::int64_t id = (*who)->id;
        if (auto done = Operators(database).set_password(name, hash, records::now()); !done) {
            return base::fail(done.error());
        }
        if (const auto ended = records::Sessions(database).end_all(id); !ended) return base::fail(ended.error());
        if (remove_totp && (*who)->second_factor) {
            auto off = records::SecondFactors(database, services.sealing_key).disable(id);
            if (!off) return base::fail(off.error());
        }
        if (auto kept = transaction->commit(); !kept) return base::fail(kept.error());
        return id;
    }();
    if (!set) return set;
    if (auto refreshed = services.identities->refresh(database); !refreshed) return base::fail(refreshed.error());
    if (auto gone = records::settle_initial_password(database, services.files, services.state_directory); !gone) {
        services.log.warning("operator.initial_password", gone.error().text(), {{"code", gone.error().code}});
    }
    return set;
}

http::Later set_password(const Services& services, const http::Request& request) {
    if (auto no = refuse_token(request)) co_return std::move(*no);
    const http::Caller& caller = *request.caller;
    const bool on_console = caller.means == by_console;
    std::string name(request.parameter("username"));
    if (name == "self") name = caller.name;
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
        if (auto no = co_await refuse_password(services, request, name, *wish->present)) co_return std::move(*no);
    }
    if (const auto sound = records::check_password(name, wish->password); !sound) {
        co_return refused_member(sound.error());
    }
    const auto hash = co_await services.hashing->run([&] { return records::hash_password(wish->password); });
    if (!hash) co_return http::problem(hash.error());
    const auto set = co_await services.archive->run([&](Database& database) {
        return replace_password(services, database, name, *hash, wish->remove_totp.value_or(false));
    });
    Note entry{.action = "operator.password_set", .object = name, .refusal = set ? "" : set.error().code};
    co_await note(services, request, std::move(entry));
    if (!set) co_return http::problem(set.error());
    services.throttle->forgive(name);
    auto response = no_content();
    if (!on_console) {
        const auto started = co_await begin_session(services, request, *set);
        if (!started) co_return http::problem(started.error());
        response.fields.emplace_back(
            "Set-Cookie", http::set_host_cookie(Identities::cookie_name, started->bearer.reveal(), std::nullopt));
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
