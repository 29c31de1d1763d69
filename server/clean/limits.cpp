#include "server/clean/limits.hpp"

#include "server/clean/organizations.hpp"
#include "server/clean/shapes.hpp"
#include "server/http/json_body.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace gatehouse::clean {

namespace {

using base::Result;
using records::Database;
using records::RateLimits;
using records::RateState;
using records::SubmissionLimits;
using records::User;

Result<Standing> read_standing(Database& database, const User& user) {
    RateLimits limits(database);
    const auto now = records::now();
    auto own = limits.of_user(user.id, now);
    if (!own) return base::fail(own.error());
    auto common = limits.of_organization(user.organization_id, now);
    if (!common) return base::fail(common.error());
    return Standing{std::move(*own), std::move(*common)};
}

Json pairs_of(const SubmissionLimits& limits) {
    Json pairs = Json::array();
    for (const auto& [samples, window] : limits)
        pairs.push_back(Json::array({samples, window.count()}));
    return pairs;
}

// No more than what is refused as too long anyway, so that nothing overflows.
std::chrono::minutes minutes_of(std::int64_t number) {
    const std::int64_t longest = RateLimits::longest_window.count() + 1;
    return std::chrono::minutes(std::clamp<std::int64_t>(number, -1, longest));
}

// ---- the portal's

http::Judged<SubmissionLimits> read_limits(const http::Request& request) {
    using Pair = std::vector<std::int64_t>;
    std::vector<Pair> pairs;
    const auto read = http::read_json(request, [&](http::JsonObject& body) {
        body.number_lists("submission-rate-limit", pairs, {.least = 0, .most = RateLimits::most_limits}, 2);
    });
    if (!read) return tl::unexpected<http::Refusal>(read.error());
    SubmissionLimits limits;
    for (const Pair& pair : pairs)
        limits.push_back({pair[0], minutes_of(pair[1])});
    return limits;
}

http::Response limit_response(const Result<RateState>& state) {
    if (!state) return http::refused(state.error(), {{"rate_limit_invalid", "/submission-rate-limit"}});
    return http::json_response({{"submission-rate-limit", pairs_of(state->limits)}});
}

http::Response limit_response(const Result<Standing>& standing) {
    return limit_response(standing ? Result<RateState>(standing->user) : base::fail(standing.error()));
}

http::Later get_user_limit(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    co_return limit_response(co_await standing_of(services, asking, std::string(request.parameter("login"))));
}

http::Later put_user_limit(const Services& services, const http::Request& request) {
    auto limits = read_limits(request);
    if (!limits) co_return http::problem(limits.error());
    const Asking asking = signed_in(request);
    std::string login(request.parameter("login"));
    co_return limit_response(co_await limit_user(services, asking, std::move(login), std::move(*limits)));
}

http::Later get_organization_limit(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    const auto id = number_of(request.parameter("id"));
    if (!id) co_return http::problem(no_organization());
    co_return limit_response(co_await standing_of_organization(services, asking, *id));
}

http::Later put_organization_limit(const Services& services, const http::Request& request) {
    auto limits = read_limits(request);
    if (!limits) co_return http::problem(limits.error());
    const Asking asking = signed_in(request);
    const auto id = number_of(request.parameter("id"));
    if (!id) co_return http::problem(no_organization());
    co_return limit_response(co_await limit_organization(services, asking, *id, std::move(*limits)));
}

}  // namespace

std::optional<SubmissionLimits> limits_of(const config::SecretJson& pairs) {
    if (!pairs.is_array()) return std::nullopt;
    SubmissionLimits limits;
    for (const auto& pair : pairs) {
        if (!pair.is_array() || pair.size() != 2) return std::nullopt;
        if (!pair[0].is_number_integer() || !pair[1].is_number_integer()) return std::nullopt;
        // One that 64 bits do not hold comes out negative, which is out of bounds as well.
        limits.push_back({pair[0].get<std::int64_t>(), minutes_of(pair[1].get<std::int64_t>())});
    }
    return limits;
}

Outcome<Standing> standing_of(const Services& services, const Asking& asking, std::string login) {
    co_return co_await services.archive->run([&](Database& database) -> Result<Standing> {
        const auto user = find_judged(database, asking, login, Wish::see);
        return user ? read_standing(database, *user) : base::fail(user.error());
    });
}

Outcome<Standing> limit_user(const Services& services, const Asking& asking, std::string login,
                             SubmissionLimits limits) {
    auto limiting = services.archive->run([&](Database& database) -> Result<Standing> {
        const auto user = find_judged(database, asking, login, Wish::order);
        if (!user) return base::fail(user.error());
        if (auto set = RateLimits(database).set_of_user(user->id, limits); !set) return base::fail(set.error());
        return read_standing(database, *user);
    });
    Note note{.action = "user.limited", .object = login};
    note.detail["submission-rate-limit"] = pairs_of(limits);
    co_return co_await audited(services, asking, std::move(note), std::move(limiting));
}

Outcome<RateState> standing_of_organization(const Services& services, const Asking& asking, std::int64_t id) {
    if (auto may = judge_organization(asking.member->user, id); !may) co_return base::fail(may.error());
    co_return co_await services.archive->run(
        [&](Database& database) { return RateLimits(database).of_organization(id, records::now()); });
}

Outcome<RateState> limit_organization(const Services& services, const Asking& asking, std::int64_t id,
                                      SubmissionLimits limits) {
    auto limiting = services.archive->run([&](Database& database) -> Result<RateState> {
        if (auto may = judge_ordering(asking.member->user, id); !may) return base::fail(may.error());
        RateLimits rooms(database);
        if (auto set = rooms.set_of_organization(id, limits); !set) return base::fail(set.error());
        return rooms.of_organization(id, records::now());
    });
    Note note{.action = "organization.limited", .object = std::to_string(id)};
    note.detail["submission-rate-limit"] = pairs_of(limits);
    co_return co_await audited(services, asking, std::move(note), std::move(limiting));
}

void add_limit_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back(
        {Method::get, "/api/v1/users/{login}/rate-limit", Access::read, 0, with(services, get_user_limit)});
    routes.push_back({Method::put, "/api/v1/users/{login}/rate-limit", Access::operate, most_json_bytes,
                      with(services, put_user_limit)});
    routes.push_back({Method::get, "/api/v1/organizations/{id}/rate-limit", Access::operate, 0,
                      with(services, get_organization_limit)});
    routes.push_back({Method::put, "/api/v1/organizations/{id}/rate-limit", Access::operate, most_json_bytes,
                      with(services, put_organization_limit)});
}

}  // namespace gatehouse::clean
