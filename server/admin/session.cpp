#include "server/admin/session.hpp"

#include "records/operators.hpp"
#include "records/password.hpp"
#include "records/second_factor.hpp"
#include "records/sessions.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/cookies.hpp"
#include "server/http/json_body.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

using records::Database;

struct SignIn {
    std::string username;
    base::Secret password;
    std::optional<std::string> otp;
};

http::Judged<SignIn> read_sign_in(const http::Request& request) {
    return http::read_json<SignIn>(request, [](http::JsonObject& body, SignIn& sign_in) {
        body.text("username", sign_in.username, {.least = 1, .most = 256});
        body.secret("password", sign_in.password, 0, records::longest_password);
        body.text("otp", sign_in.otp, {.least = 0, .most = 32});
    });
}

Json identity_shape(const records::Operator& who, const records::Session& session) {
    return {{"interface", "admin"},
            {"username", who.name},
            {"name", who.display_name},
            {"email", who.email},
            {"role", records::name(who.role)},
            {"via", "session"},
            {"session_id", std::to_string(session.id)},
            {"expires_at", moment_shape(session.ends)},
            {"idle_seconds", std::chrono::duration_cast<std::chrono::seconds>(session.idle).count()},
            {"initial_password", who.initial_password},
            {"totp", who.second_factor}};
}

// What a sign-in has proved so far.
struct Proof {
    std::optional<records::Account> account;
    bool password = false;
    records::Factor factor = records::Factor::none;
};

enum class Verdict { welcome, credentials_wrong, otp_required, otp_wrong };

Verdict judge(const Proof& proof, bool otp_given) {
    if (!proof.account || !proof.password) return Verdict::credentials_wrong;
    if (!proof.account->who.second_factor) return Verdict::welcome;
    if (!otp_given) return Verdict::otp_required;
    return proof.factor == records::Factor::wrong ? Verdict::otp_wrong : Verdict::welcome;
}

http::Response refusal_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::otp_required:
            return http::problem(401, "otp_required", "Give the code of the second factor too.");
        case Verdict::otp_wrong:
            return http::problem(401, "otp_wrong", "The code is wrong, or was used before.");
        case Verdict::credentials_wrong:
        case Verdict::welcome:
            break;
    }
    return http::problem(401, "credentials_wrong", "This name and password do not belong together.");
}

// Starts the session and lets every worker know it.
boost::asio::awaitable<base::Result<records::StartedSession>> begin_session(const Services& services,
                                                                            const http::Request& request,
                                                                            const records::Account& account) {
    const records::NewSession fresh = session_for(request, account);
    co_return co_await services.archive->run([&](Database& database) -> base::Result<records::StartedSession> {
        auto started = records::Sessions(database).start(fresh, services.session_limits, records::now());
        if (started) services.identities.refresh(database);
        return started;
    });
}

// A name that does not exist costs the same as a wrong password: the decoy is hashed against.
boost::asio::awaitable<base::Result<Proof>> prove(const Services& services, const SignIn& sign_in) {
    Proof proof;
    auto account = co_await services.archive->run(
        [&](Database& database) { return records::Operators(database).find_account(sign_in.username); });
    if (!account) co_return base::fail(account.error());
    proof.account = std::move(*account);
    const auto verified = co_await services.hashing.run([&]() -> base::Result<bool> {
        return records::verify_password(proof.account ? proof.account->password_hash : records::decoy_hash(),
                                        sign_in.password);
    });
    if (!verified) co_return base::fail(verified.error());
    proof.password = proof.account && *verified;
    if (proof.password && proof.account->who.second_factor && sign_in.otp) {
        if (services.sealing_trouble) co_return base::fail(*services.sealing_trouble);
        const auto factor = co_await services.archive->run([&](Database& database) {
            return records::SecondFactors(database, services.sealing_key)
                .check(proof.account->who.id, *sign_in.otp, records::now());
        });
        if (!factor) co_return base::fail(factor.error());
        proof.factor = *factor;
    }
    co_return proof;
}

// Without a code it counts as a failure too: else whoever knows the password could guess codes without end by asking in
// between. The code that comes next takes it back.
http::Later refuse(const Services& services, const http::Request& request, const std::string& name, Verdict verdict) {
    auto response = refusal_of(verdict);
    if (verdict == Verdict::otp_required) co_return response;
    archive::Refused refused{.name = name, .code = verdict == Verdict::otp_wrong ? "otp_wrong" : "credentials_wrong"};
    co_await archive::note_refusal(trail_of(services), services.refusals, request, session_refusals,
                                   std::move(refused));
    co_return response;
}

http::Later sign_in(const Services& services, const http::Request& request) {
    const auto asked = read_sign_in(request);
    if (!asked) co_return http::problem(asked.error());
    const std::string network = request.peer.network().text();
    if (const auto wait = services.sign_in_throttle.begin(asked->username, network); wait.count() > 0) {
        co_return too_many(wait);
    }
    auto proof = co_await prove(services, *asked);
    if (!proof) {
        services.sign_in_throttle.take_back(asked->username, network);
        co_return http::problem(proof.error());
    }
    const Verdict verdict = judge(*proof, asked->otp.has_value());
    if (verdict != Verdict::welcome) co_return co_await refuse(services, request, asked->username, verdict);
    // Each is recorded: whoever knows one password could go on without end.
    const records::Operator& who = proof->account->who;
    const bool operates = who.role == records::Role::operate;
    if (!operates && !services.sign_in_pace.take(who.name, std::chrono::steady_clock::now())) {
        services.sign_in_throttle.take_back(asked->username, network);
        archive::Refused refused{.name = who.name, .code = "too_many_requests"};
        co_await archive::note_refusal(trail_of(services), services.refusals, request, session_refusals,
                                       std::move(refused));
        co_return too_many(std::chrono::seconds(1));
    }
    const auto started = co_await begin_session(services, request, *proof->account);
    if (!started && started.error().code == "credentials_changed") {
        co_return co_await refuse(services, request, asked->username, Verdict::credentials_wrong);
    }
    services.sign_in_throttle.succeeded(asked->username, network);
    if (!started) co_return http::problem(started.error());
    Note entry{.action = "session.opened", .actor = proof->account->who.name};
    co_await note(services, request, std::move(entry));
    auto response = json_response(identity_shape(proof->account->who, started->session));
    response.fields.emplace_back(
        "Set-Cookie", http::set_host_cookie(Identities::cookie_name, started->bearer.reveal(), std::nullopt));
    co_return response;
}

// ---- who is signed in

Json caller_shape(const http::Caller& caller, const std::optional<records::Operator>& who) {
    return {{"interface", "admin"},
            {"username", caller.name},
            {"name", who ? who->display_name : ""},
            {"email", who ? who->email : ""},
            {"role", caller.rights == http::Access::read ? "read" : "operate"},
            {"via", caller.means},
            {"session_id", nullptr},
            {"expires_at", nullptr},
            {"idle_seconds", nullptr},
            {"initial_password", false},
            {"totp", who && who->second_factor}};
}

http::Later who_am_i(const Services& services, const http::Request& request) {
    const http::Caller& caller = *request.caller;
    const auto who = co_await services.archive->run(
        [&](Database& database) { return records::Operators(database).find(caller.name); });
    if (!who) co_return http::problem(who.error());
    if (caller.means == by_session && *who) {
        if (const auto session = services.identities.session(caller.id)) {
            co_return json_response(identity_shape(**who, *session));
        }
    }
    co_return json_response(caller_shape(caller, *who));
}

// Ends one session and forgets it at every worker. References: all outlive the call.
boost::asio::awaitable<base::Result<void>> end_session(const Services& services, const http::Request& request,
                                                       const records::Session& session, Note entry) {
    auto end = services.archive->run([&](Database& database) -> base::Result<void> {
        if (auto ended = records::Sessions(database).end(session.operator_id, session.id); !ended) return ended;
        services.identities.forget_session(session.id);
        services.identities.refresh(database);
        return {};
    });
    co_return co_await audited(services, request, std::move(entry), std::move(end));
}

http::Later sign_out(const Services& services, const http::Request& request) {
    const auto session = services.identities.session(request.caller->id);
    if (request.caller->means != by_session || !session) {
        co_return http::problem(403, "token_not_allowed", "Only a session can be signed out.");
    }
    Note entry{.action = "session.closed"};
    const auto ended = co_await end_session(services, request, *session, std::move(entry));
    if (!ended) co_return http::problem(ended.error());
    http::Response response = no_content();
    response.fields.emplace_back("Set-Cookie", http::clear_host_cookie(Identities::cookie_name));
    co_return response;
}

http::Response list_sessions(const Services& services, const http::Request& request) {
    const http::Caller& caller = *request.caller;
    Json items = Json::array();
    for (const records::Session& session : services.identities.sessions()) {
        if (caller.rights == http::Access::read && session.operator_name != caller.name) continue;
        items.push_back({{"id", std::to_string(session.id)},
                         {"username", session.operator_name},
                         {"address", session.address},
                         {"user_agent", session.user_agent},
                         {"created_at", moment_shape(session.created)},
                         {"last_used_at", moment_shape(session.last_seen)},
                         {"expires_at", moment_shape(session.ends)},
                         {"current", caller.means == by_session && caller.id == std::to_string(session.id)}});
    }
    return list_response(std::move(items));
}

http::Later end_one(const Services& services, const http::Request& request) {
    if (auto no = refuse_token(request)) co_return std::move(*no);
    const std::string id(request.parameter("id"));
    const auto session = services.identities.session(id);
    const http::Caller& caller = *request.caller;
    if (!session || (caller.rights == http::Access::read && session->operator_name != caller.name)) {
        co_return http::problem(404, "not_found", "There is no session " + id + ".");
    }
    Note entry{.action = "session.ended", .object = session->operator_name};
    const auto ended = co_await end_session(services, request, *session, std::move(entry));
    if (!ended) co_return http::problem(ended.error());
    co_return no_content();
}

}  // namespace

records::NewSession session_for(const http::Request& request, const records::Account& account) {
    return {account.who.id, account.stamp, config::Interface::admin, request.peer.text(),
            std::string(request.find("User-Agent").value_or(""))};
}

void add_session_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back({Method::post, "/api/v1/session", Access::anyone, most_json_bytes, with(services, sign_in)});
    routes.push_back({Method::get, "/api/v1/session", Access::read, 0, with(services, who_am_i)});
    routes.push_back({Method::delete_, "/api/v1/session", Access::read, 0, with(services, sign_out)});
    routes.push_back({Method::get, "/api/v1/sessions", Access::read, 0, with(services, list_sessions)});
    routes.push_back({Method::delete_, "/api/v1/sessions/{id}", Access::read, 0, with(services, end_one)});
}

}  // namespace gatehouse::admin
