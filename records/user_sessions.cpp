#include "records/user_sessions.hpp"

#include "records/text.hpp"
#include "records/user_rows.hpp"

#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_session_agent = 256;
constexpr std::size_t longest_session_address = 64;

std::string user_sessions_where(std::string_view rest) {
    return users_where("JOIN user_sessions ON user_sessions.user_id = users.id " + std::string(rest),
                       ", user_sessions.id, user_sessions.digest, user_sessions.created, user_sessions.last_seen, "
                       "user_sessions.idle, user_sessions.ends, user_sessions.address, user_sessions.user_agent");
}

UserSession user_session_of(const Row& row) {
    UserSession session;
    session.who = user_of(row);
    session.id = row.integer(user_columns);
    session.digest = digest_from(row.bytes(user_columns + 1));
    session.created = row.time(user_columns + 2);
    session.last_seen = row.time(user_columns + 3);
    session.idle = std::chrono::microseconds(row.integer(user_columns + 4));
    session.ends = row.time(user_columns + 5);
    session.address = row.text(user_columns + 6);
    session.user_agent = row.text(user_columns + 7);
    return session;
}

Result<void> check_let_in(Database& database, std::int64_t user_id) {
    const auto who = Users(database).find(user_id);
    if (!who) return base::fail(who.error());
    if (*who && is_let_in(**who)) return {};
    return base::fail(ErrorKind::denied, "account_deactivated", "This account, or its organization, is not active.",
                      "Ask an administrator to activate it.");
}

}  // namespace

Result<StartedUserSession> UserSessions::start(const NewUserSession& fresh, const SessionLimits& limits, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    if (auto same = Users(*database_).check_stamp(fresh.user_id, fresh.stamp); !same) return base::fail(same.error());
    if (auto active = check_let_in(*database_, fresh.user_id); !active) return base::fail(active.error());
    const auto crowded = database_->change(
        "DELETE FROM user_sessions WHERE user_id = $1 AND id NOT IN "
        "(SELECT id FROM user_sessions WHERE user_id = $1 ORDER BY last_seen DESC, id DESC LIMIT $2)",
        {fresh.user_id, most_of_user - 1});
    if (!crowded) return base::fail(crowded.error());

    base::Secret bearer = random_bearer("");
    const Digest digest = digest_of(bearer.reveal());
    const auto added = database_->query(
        "INSERT INTO user_sessions (digest, user_id, created, last_seen, idle, ends, address, user_agent) "
        "VALUES ($1, $2, $3, $3, $4, $5, $6, $7) RETURNING id",
        {bytes_of(digest), fresh.user_id, now, limits.idle.count(), now + limits.absolute,
         printable(fresh.address, longest_session_address), printable(fresh.user_agent, longest_session_agent)});
    if (!added) return base::fail(added.error());
    const Sighting sighting{fresh.user_id, now};
    if (auto seen = Users(*database_).touch({&sighting, 1}); !seen) return base::fail(seen.error());
    const auto rows = database_->query(user_sessions_where("WHERE user_sessions.id = $1"), {added->front().integer(0)});
    if (!rows) return base::fail(rows.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return StartedUserSession{std::move(bearer), user_session_of(rows->front())};
}

Result<std::vector<UserSession>> UserSessions::live(Time now) {
    const auto rows = database_->query(
        user_sessions_where("WHERE user_sessions.ends > $1 AND user_sessions.last_seen + user_sessions.idle > $1 "
                            "ORDER BY user_sessions.id"),
        {now});
    if (!rows) return base::fail(rows.error());
    std::vector<UserSession> all;
    for (const Row& row : *rows)
        all.push_back(user_session_of(row));
    return all;
}

Result<void> UserSessions::touch(std::span<const Sighting> sightings) {
    if (sightings.empty()) return {};
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    std::vector<Sighting> users;
    for (const Sighting& sighting : sightings) {
        const auto seen = database_->query(
            "UPDATE user_sessions SET last_seen = $2 WHERE id = $1 AND last_seen < $2 RETURNING user_id",
            {sighting.id, sighting.at});
        if (!seen) return base::fail(seen.error());
        if (!seen->empty()) users.push_back({seen->front().integer(0), sighting.at});
    }
    if (auto touched = Users(*database_).touch(users); !touched) return touched;
    return transaction->commit();
}

Result<void> UserSessions::end(std::int64_t user_id, std::int64_t id) {
    const auto done = database_->change("DELETE FROM user_sessions WHERE id = $1 AND user_id = $2", {id, user_id});
    if (!done) return base::fail(done.error());
    if (*done == 0) {
        return base::fail(ErrorKind::not_found, "no_session", "This user has no session " + std::to_string(id) + ".");
    }
    return {};
}

Result<std::int64_t> UserSessions::end_all(std::int64_t user_id) {
    return database_->change("DELETE FROM user_sessions WHERE user_id = $1", {user_id});
}

Result<std::int64_t> UserSessions::expire(Time now) {
    return database_->change("DELETE FROM user_sessions WHERE ends <= $1 OR last_seen + idle <= $1", {now});
}

}  // namespace gatehouse::records
