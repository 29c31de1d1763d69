#include "records/rate_limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t most_samples = 1'000'000;
// Submissions of the same moment may be told slightly different times. What lies further ahead was counted by a clock
// that has been set back since; it would block for as long.
constexpr std::chrono::hours clocks_differ_by{1};

std::string encoded(const SubmissionLimits& limits) {
    auto json = nlohmann::json::array();
    for (const RateLimit& limit : limits)
        json.push_back({limit.samples, limit.window.count()});
    return json.dump();
}

SubmissionLimits decoded(const std::string& text) {
    SubmissionLimits limits;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    for (const auto& pair : json.is_array() ? json : nlohmann::json::array()) {
        if (pair.is_array() && pair.size() == 2 && pair[0].is_number_integer() && pair[1].is_number_integer())
            limits.push_back({pair[0].get<std::int64_t>(), minutes(pair[1].get<std::int64_t>())});
    }
    return limits;
}

Result<void> check_limits(const SubmissionLimits& limits) {
    const auto is_fine = [](const RateLimit& limit) {
        return limit.samples >= 0 && limit.samples <= most_samples && limit.window >= minutes(1) &&
               limit.window <= RateLimits::longest_window;
    };
    if (limits.size() <= RateLimits::most_limits && std::all_of(limits.begin(), limits.end(), is_fine)) return {};
    return base::fail(ErrorKind::input, "rate_limit_invalid",
                      "A rate limit is at most 8 pairs [samples, minutes] of 0 to 1000000 samples within 1 to 44640 "
                      "minutes.");
}

// Whose submissions are counted.
struct Party {
    std::string_view table;   // that has the limits
    std::string_view column;  // of submission_times
    std::int64_t id = 0;
};

Party party_of_user(std::int64_t id) {
    return {"users", "user_id", id};
}
Party party_of_organization(std::int64_t id) {
    return {"organizations", "organization_id", id};
}

tl::unexpected<base::Error> party_missing(const Party& party) {
    if (party.table == "users") return base::fail(ErrorKind::not_found, "no_user", "There is no such user.");
    return base::fail(ErrorKind::not_found, "no_organization", "There is no such organization.");
}

Result<SubmissionLimits> limits_of(Database& database, const Party& party) {
    const auto rows =
        database.query("SELECT submission_limits FROM " + std::string(party.table) + " WHERE id = $1", {party.id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return party_missing(party);
    return decoded(rows->front().text(0));
}

std::string counted_where(const Party& party) {
    return " FROM submission_times WHERE " + std::string(party.column) + " = $1 AND submitted > $2 AND submitted <= $3";
}

// Until the next is taken. Full is a window that holds as many as it may: the oldest of those has to leave it.
Result<seconds> wait_of(Database& database, const Party& party, const SubmissionLimits& limits, Time now) {
    microseconds longest{0};
    for (const RateLimit& limit : limits) {
        if (limit.samples == 0) {
            longest = std::max<microseconds>(longest, limit.window);
            continue;
        }
        const auto rows =
            database.query("SELECT submitted" + counted_where(party) + " ORDER BY submitted DESC LIMIT 1 OFFSET $4",
                           {party.id, now - limit.window, now + clocks_differ_by, limit.samples - 1});
        if (!rows) return base::fail(rows.error());
        if (!rows->empty()) longest = std::max(longest, rows->front().time(0) + limit.window - now);
    }
    return std::chrono::ceil<seconds>(longest);
}

Result<std::optional<std::int64_t>> available_of(Database& database, const Party& party, const SubmissionLimits& limits,
                                                 Time now) {
    std::optional<std::int64_t> available;
    for (const RateLimit& limit : limits) {
        const auto rows = database.query("SELECT count(*)" + counted_where(party),
                                         {party.id, now - limit.window, now + clocks_differ_by});
        if (!rows) return base::fail(rows.error());
        const std::int64_t left = std::max<std::int64_t>(0, limit.samples - rows->front().integer(0));
        available = std::min(available.value_or(left), left);
    }
    return available;
}

Result<RateState> state_of(Database& database, const Party& party, Time now) {
    auto limits = limits_of(database, party);
    if (!limits) return base::fail(limits.error());
    const auto wait = wait_of(database, party, *limits, now);
    if (!wait) return base::fail(wait.error());
    const auto available = available_of(database, party, *limits, now);
    if (!available) return base::fail(available.error());
    return RateState{std::move(*limits), *wait, *available};
}

Result<void> set_limits(Database& database, const Party& party, const SubmissionLimits& limits) {
    if (auto fine = check_limits(limits); !fine) return fine;
    const auto done =
        database.change("UPDATE " + std::string(party.table) + " SET submission_limits = $2 WHERE id = $1",
                        {party.id, encoded(limits)});
    if (!done) return base::fail(done.error());
    if (*done == 0) return party_missing(party);
    return {};
}

}  // namespace

Result<void> RateLimits::set_of_user(std::int64_t user_id, const SubmissionLimits& limits) {
    return set_limits(*database_, party_of_user(user_id), limits);
}

Result<void> RateLimits::set_of_organization(std::int64_t organization_id, const SubmissionLimits& limits) {
    return set_limits(*database_, party_of_organization(organization_id), limits);
}

Result<RateState> RateLimits::of_user(std::int64_t user_id, Time now) {
    return state_of(*database_, party_of_user(user_id), now);
}

Result<RateState> RateLimits::of_organization(std::int64_t organization_id, Time now) {
    return state_of(*database_, party_of_organization(organization_id), now);
}

Result<seconds> RateLimits::take(const Submitter& who, Time now) {
    // One of its own takes the write lock even where the caller forgot to: else two could count at the same moment.
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    seconds longest{0};
    for (const Party& party : {party_of_user(who.user_id), party_of_organization(who.organization_id)}) {
        const auto limits = limits_of(*database_, party);
        if (!limits) return base::fail(limits.error());
        const auto wait = wait_of(*database_, party, *limits, now);
        if (!wait) return base::fail(wait.error());
        longest = std::max(longest, *wait);
    }
    if (longest > seconds(0)) return longest;
    const auto counted =
        database_->change("INSERT INTO submission_times (user_id, organization_id, submitted) VALUES ($1, $2, $3)",
                          {who.user_id, who.organization_id, now});
    if (!counted) return base::fail(counted.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return longest;
}

Result<std::int64_t> RateLimits::expire(Time now) {
    return database_->change("DELETE FROM submission_times WHERE submitted <= $1", {now - longest_window});
}

}  // namespace gatehouse::records
