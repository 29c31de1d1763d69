#include "records/sessions.hpp"

#include "records/text.hpp"

#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_user_agent = 256;
constexpr std::size_t longest_address = 64;

std::string sessions_where(std::string_view rest) {
    return "SELECT sessions.id, digest, operator_id, operators.name, role, door, sessions.created, last_seen, idle, "
           "ends, "
           "address, user_agent FROM sessions JOIN operators ON operators.id = operator_id " +
           std::string(rest);
}

config::Interface door_of(std::string_view door) {
    return door == config::name(config::Interface::clean) ? config::Interface::clean : config::Interface::admin;
}

Session session_of(const Row& row) {
    Session session;
    session.id = row.integer(0);
    session.digest = digest_from(row.bytes(1));
    session.operator_id = row.integer(2);
    session.operator_name = row.text(3);
    session.role = role_of(row.text(4)).value_or(Role::read);
    session.door = door_of(row.text(5));
    session.created = row.time(6);
    session.last_seen = row.time(7);
    session.idle = std::chrono::microseconds(row.integer(8));
    session.ends = row.time(9);
    session.address = row.text(10);
    session.user_agent = row.text(11);
    return session;
}

std::vector<Session> sessions_of(const Rows& rows) {
    std::vector<Session> all;
    for (const Row& row : rows)
        all.push_back(session_of(row));
    return all;
}

}  // namespace

Result<StartedSession> Sessions::start(const NewSession& fresh, const SessionLimits& limits, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    if (auto same = Operators(*database_).check_stamp(fresh.operator_id, fresh.stamp); !same) {
        return base::fail(same.error());
    }
    const auto crowded = database_->change(
        "DELETE FROM sessions WHERE operator_id = $1 AND id NOT IN "
        "(SELECT id FROM sessions WHERE operator_id = $1 ORDER BY last_seen DESC, id DESC LIMIT $2)",
        {fresh.operator_id, most_of_operator - 1});
    if (!crowded) return base::fail(crowded.error());

    base::Secret bearer = random_bearer("");
    const Digest digest = digest_of(bearer.reveal());
    const auto added = database_->query(
        "INSERT INTO sessions (digest, operator_id, door, created, last_seen, idle, ends, address, user_agent) "
        "VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8) RETURNING id",
        {bytes_of(digest), fresh.operator_id, config::name(fresh.door), now, limits.idle.count(), now + limits.absolute,
         printable(fresh.address, longest_address), printable(fresh.user_agent, longest_user_agent)});
    if (!added) return base::fail(added.error());
    const auto noted =
        database_->change("UPDATE operators SET last_sign_in = $2 WHERE id = $1", {fresh.operator_id, now});
    if (!noted) return base::fail(noted.error());
    const auto rows = database_->query(sessions_where("WHERE sessions.id = $1"), {added->front().integer(0)});
    if (!rows) return base::fail(rows.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return StartedSession{std::move(bearer), session_of(rows->front())};
}

Result<std::vector<Session>> Sessions::live(Time now) {
    const auto rows =
        database_->query(sessions_where("WHERE ends > $1 AND last_seen + idle > $1 ORDER BY sessions.id"), {now});
    if (!rows) return base::fail(rows.error());
    return sessions_of(*rows);
}

Result<void> Sessions::touch(std::span<const Sighting> sightings) {
    if (sightings.empty()) return {};
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    for (const Sighting& sighting : sightings) {
        const auto done = database_->change("UPDATE sessions SET last_seen = $2 WHERE id = $1 AND last_seen < $2",
                                            {sighting.id, sighting.at});
        if (!done) return base::fail(done.error());
    }
    return transaction->commit();
}

Result<void> Sessions::end(std::int64_t operator_id, std::int64_t id) {
    const auto done = database_->change("DELETE FROM sessions WHERE id = $1 AND operator_id = $2", {id, operator_id});
    if (!done) return base::fail(done.error());
    if (*done == 0) {
        return base::fail(ErrorKind::not_found, "no_session",
                          "This operator has no session " + std::to_string(id) + ".");
    }
    return {};
}

Result<std::int64_t> Sessions::end_all(std::int64_t operator_id) {
    return database_->change("DELETE FROM sessions WHERE operator_id = $1", {operator_id});
}

Result<std::int64_t> Sessions::expire(Time now) {
    return database_->change("DELETE FROM sessions WHERE ends <= $1 OR last_seen + idle <= $1", {now});
}

}  // namespace gatehouse::records
