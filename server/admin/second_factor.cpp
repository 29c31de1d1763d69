#include "server/admin/second_factor.hpp"

#include "records/operators.hpp"
#include "records/password.hpp"
#include "records/second_factor.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/present_password.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/json_body.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

using base::Result;
using records::Database;
using records::SecondFactors;

std::optional<http::Response> refuse_all_but_sessions(const http::Request& request) {
    if (auto no = refuse_token(request)) return no;
    if (request.caller->means == by_session) return std::nullopt;
    return http::problem(403, "session_only", "A second factor belongs to an operator who signed in.");
}

// Calls `use` with the second factors and the caller's id, on the database's thread.
template <class Use>
auto with_own(const Services& services, const http::Request& request, Use use) {
    auto work = [&services, name = request.caller->name,
                 use](Database& database) -> std::invoke_result_t<Use, SecondFactors&, std::int64_t> {
        const auto who = records::Operators(database).find(name);
        if (!who) return base::fail(who.error());
        if (!*who) return base::fail(base::ErrorKind::not_found, "no_operator", name + " is no operator any more.");
        SecondFactors factors(database, services.sealing_key);
        return use(factors, (*who)->id);
    };
    return services.archive->run(std::move(work));
}

// The same for what the present password allows, unless that was changed since it was proved.
template <class Use>
auto with_proved(const Services& services, const records::Account& proved, Use use) {
    auto work = [&services, &proved,
                 use](Database& database) -> std::invoke_result_t<Use, SecondFactors&, std::int64_t> {
        auto transaction = records::Transaction::begin(database);
        if (!transaction) return base::fail(transaction.error());
        const auto same = records::Operators(database).check_stamp(proved.who.id, proved.stamp);
        if (!same) return base::fail(same.error());
        SecondFactors factors(database, services.sealing_key);
        auto used = use(factors, proved.who.id);
        if (!used) return used;
        if (auto kept = transaction->commit(); !kept) return base::fail(kept.error());
        return used;
    };
    return services.archive->run(std::move(work));
}

Json codes_shape(const std::vector<base::Secret>& codes) {
    Json list = Json::array();
    for (const base::Secret& code : codes)
        list.push_back(code.reveal());
    return {{"recovery_codes", std::move(list)}};
}

http::Response state_response(const records::FactorState& state) {
    return json_response({{"enabled", state.confirmed.has_value()},
                          {"recovery_codes_left", state.confirmed ? state.recovery_codes : 0}});
}

http::Response enrolment_response(const records::Enrolment& enrolment) {
    return json_response({{"secret", enrolment.secret.reveal()}, {"uri", enrolment.uri.reveal()}}, 201);
}

http::Judged<base::Secret> read_password(const http::Request& request) {
    return http::read_json<base::Secret>(request, [](http::JsonObject& body, base::Secret& password) {
        body.secret("password", password, 0, records::longest_password);
    });
}

http::Judged<std::string> read_code(const http::Request& request) {
    return http::read_json<std::string>(
        request, [](http::JsonObject& body, std::string& code) { body.text("otp", code, {.least = 1, .most = 32}); });
}

// What the app shows above the codes.
std::string issuer_of(const Services& services) {
    const auto status = services.board.status(config::Interface::admin);
    return status ? status->hostname : "Gatehouse";
}

http::Later show_factor(const Services& services, const http::Request& request) {
    if (auto no = refuse_all_but_sessions(request)) co_return std::move(*no);
    auto use = [](SecondFactors& factors, std::int64_t id) { return factors.state(id); };
    const auto state = co_await with_own(services, request, use);
    if (!state) co_return http::problem(state.error());
    co_return state_response(*state);
}

http::Later enrol(const Services& services, const http::Request& request) {
    if (auto no = refuse_all_but_sessions(request)) co_return std::move(*no);
    const auto password = read_password(request);
    if (!password) co_return http::problem(password.error());
    if (services.sealing_trouble) co_return http::problem(*services.sealing_trouble);
    const std::string& name = request.caller->name;
    auto proved = co_await prove_present_password(services, request, *password);
    if (!proved) co_return std::move(proved.error());
    const std::string issuer = issuer_of(services);
    auto use = [&](SecondFactors& factors, std::int64_t id) { return factors.enrol(id, issuer, name); };
    const auto enrolment = co_await with_proved(services, *proved, use);
    if (!enrolment) co_return problem_after_proof(enrolment.error());
    co_return enrolment_response(*enrolment);
}

http::Later confirm(const Services& services, const http::Request& request) {
    if (auto no = refuse_all_but_sessions(request)) co_return std::move(*no);
    const auto code = read_code(request);
    if (!code) co_return http::problem(code.error());
    if (services.sealing_trouble) co_return http::problem(*services.sealing_trouble);
    const std::string& name = request.caller->name;
    if (const auto wait = begin_guess(services, request); wait.count() > 0) co_return too_many(wait);
    auto use = [&](SecondFactors& factors, std::int64_t id) { return factors.confirm(id, *code, records::now()); };
    Note entry{.action = "operator.totp_enabled", .object = name};
    auto confirming = with_own(services, request, use);
    const auto codes = co_await audited(services, request, std::move(entry), std::move(confirming));
    if (!codes && codes.error().kind == base::ErrorKind::input) {
        co_return http::problem(http::Refusal{422, codes.error().code, codes.error().text(), "/otp"});
    }
    if (!codes) {
        not_judged(services, request);
        co_return http::problem(codes.error());
    }
    guessed_right(services, request);
    const Json shape = codes_shape(*codes);
    co_return json_response(shape);
}

http::Later disable(const Services& services, const http::Request& request) {
    if (auto no = refuse_all_but_sessions(request)) co_return std::move(*no);
    const auto password = read_password(request);
    if (!password) co_return http::problem(password.error());
    const std::string& name = request.caller->name;
    auto proved = co_await prove_present_password(services, request, *password);
    if (!proved) co_return std::move(proved.error());
    auto use = [](SecondFactors& factors, std::int64_t id) { return factors.disable(id); };
    Note entry{.action = "operator.totp_disabled", .object = name};
    auto disabling = with_proved(services, *proved, use);
    const auto off = co_await audited(services, request, std::move(entry), std::move(disabling));
    if (!off) co_return problem_after_proof(off.error());
    co_return no_content();
}

}  // namespace

void add_second_factor_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    const std::string own = "/api/v1/operators/self/totp";
    routes.push_back({Method::get, own, Access::read, 0, with(services, show_factor)});
    routes.push_back({Method::post, own, Access::read, most_json_bytes, with(services, enrol)});
    routes.push_back({Method::put, own, Access::read, most_json_bytes, with(services, confirm)});
    routes.push_back({Method::delete_, own, Access::read, most_json_bytes, with(services, disable)});
}

}  // namespace gatehouse::admin
