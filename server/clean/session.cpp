#include "server/clean/session.hpp"

#include "records/password.hpp"
#include "server/clean/asking.hpp"
#include "server/clean/shapes.hpp"
#include "server/http/cookies.hpp"
#include "server/http/json_body.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace gatehouse::clean {

namespace {

using records::Database;
using records::UserAccount;

struct SignIn {
    std::string username;
    base::Secret password;
};

http::Judged<SignIn> read_sign_in(const http::Request& request) {
    return http::read_json<SignIn>(request, [](http::JsonObject& body, SignIn& sign_in) {
        body.text("username", sign_in.username, {.least = 1, .most = 256});
        body.secret("password", sign_in.password, 0, records::longest_password);
    });
}

// Whose password it is; nullopt: nobody's. A name that does not exist, and an account without a password, cost the same
// as a wrong password: the decoy is hashed against.
boost::asio::awaitable<base::Result<std::optional<UserAccount>>> prove(const Services& services,
                                                                       const SignIn& sign_in) {
    auto account = co_await services.archive->run(
        [&](Database& database) { return records::Users(database).find_account(sign_in.username); });
    if (!account) co_return base::fail(account.error());
    const bool has_password = *account && !(*account)->password_hash.empty();
    const auto verified = co_await services.hashing.run([&]() -> base::Result<bool> {
        return records::verify_password(has_password ? (*account)->password_hash : records::decoy_hash(),
                                        sign_in.password);
    });
    if (!verified) co_return base::fail(verified.error());
    if (!has_password || !*verified) account->reset();
    co_return std::move(*account);
}

boost::asio::awaitable<base::Result<records::StartedUserSession>> begin_session(const Services& services,
                                                                                const http::Request& request,
                                                                                const UserAccount& account) {
    const auto fresh = session_for(request, account);
    co_return co_await services.archive->run([&](Database& database) -> base::Result<records::StartedUserSession> {
        auto started = records::UserSessions(database).start(fresh, services.session_limits, records::now());
        if (started) services.members->refresh_sessions(database);
        return started;
    });
}

// One and the same answer, whyever: only the audit tells that the password was right and the account de-activated.
http::Later refuse(const Services& services, const http::Request& request, const std::string& name, std::string code) {
    archive::Refused refused{.name = name, .code = std::move(code)};
    co_await archive::note_refusal(trail_of(services), services.refusals, request, session_refusals,
                                   std::move(refused));
    co_return http::problem(401, "credentials_wrong", "This name and password do not belong together.");
}

http::Later sign_in(const Services& services, const http::Request& request) {
    const auto asked = read_sign_in(request);
    if (!asked) co_return http::problem(asked.error());
    const std::string network = request.peer.network().text();
    if (const auto wait = services.sign_in_throttle.begin(asked->username, network); wait.count() > 0)
        co_return http::too_many(wait);
    const auto proved = co_await prove(services, *asked);
    if (!proved) {
        services.sign_in_throttle.take_back(asked->username, network);
        co_return http::problem(proved.error());
    }
    if (!*proved) co_return co_await refuse(services, request, asked->username, "credentials_wrong");
    // Each is recorded: whoever knows one password could go on without end.
    const bool administers = (*proved)->who.role == records::UserRole::admin;
    if (!administers && !services.sign_in_pace.take((*proved)->who.login, std::chrono::steady_clock::now())) {
        services.sign_in_throttle.take_back(asked->username, network);
        archive::Refused refused{.name = (*proved)->who.login, .code = "too_many_requests"};
        co_await archive::note_refusal(trail_of(services), services.refusals, request, session_refusals,
                                       std::move(refused));
        co_return http::too_many(std::chrono::seconds(1));
    }
    const auto started = co_await begin_session(services, request, **proved);
    if (!started && started.error().kind == base::ErrorKind::denied)
        co_return co_await refuse(services, request, asked->username, started.error().code);
    services.sign_in_throttle.succeeded(asked->username, network);
    if (!started) co_return http::problem(started.error());
    archive::Note entry{
        .action = "session.opened", .actor = (*proved)->who.login, .detail = R"({"interface":"clean"})"};
    co_await archive::note(trail_of(services), request, std::move(entry));
    auto response = http::json_response(identity_shape(started->session));
    response.fields.emplace_back("Set-Cookie", cookie_of(*started));
    co_return response;
}

http::Response who_am_i(const Services& services, const http::Request& request) {
    const auto session = services.members->session(request.caller->id);
    if (!session) return http::problem(401, "not_signed_in", "Sign in.");  // it has ended in this very moment
    return http::json_response(identity_shape(*session));
}

http::Later sign_out(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    const auto id = number_of(asking.member->id).value_or(0);
    auto end = services.archive->run([&](Database& database) -> base::Result<void> {
        if (auto ended = records::UserSessions(database).end(asking.member->user.id, id); !ended) return ended;
        services.members->forget_session(id);
        services.members->refresh_sessions(database);
        return {};
    });
    Note note{.action = "session.closed"};
    const auto ended = co_await audited(services, asking, std::move(note), std::move(end));
    if (!ended) co_return http::problem(ended.error());
    auto response = http::no_content();
    response.fields.emplace_back("Set-Cookie", http::clear_host_cookie(Members::cookie_name));
    co_return response;
}

}  // namespace

records::NewUserSession session_for(const http::Request& request, const UserAccount& account) {
    return {account.who.id, account.stamp, request.peer.text(), std::string(request.find("User-Agent").value_or(""))};
}

std::string cookie_of(const records::StartedUserSession& started) {
    return http::set_host_cookie(Members::cookie_name, started.bearer.reveal(), std::nullopt);
}

void add_session_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back({Method::post, "/api/v1/session", Access::anyone, most_json_bytes, with(services, sign_in)});
    routes.push_back({Method::get, "/api/v1/session", Access::read, 0, with(services, who_am_i)});
    routes.push_back({Method::delete_, "/api/v1/session", Access::read, 0, with(services, sign_out)});
}

}  // namespace gatehouse::clean
