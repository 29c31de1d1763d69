#include "records/dispositions.hpp"

#include "base/hex.hpp"
#include "records/disposition_queries.hpp"
#include "records/text.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace gatehouse::records {

namespace {

using base::Result;
using Kind = DispositionOutcome::Kind;
namespace queries = disposition_queries;

constexpr std::size_t longest_outcome_message = 1024;

std::string random_idempotency_key() {
    std::array<char, 16> random{};
    ::randombytes_buf(random.data(), random.size());
    return base::to_hex({random.data(), random.size()});
}

std::string kept_message(std::string_view message) {
    return std::string(cut(storable(message), longest_outcome_message));
}

std::string dispositions_where(std::string_view rest) {
    return "SELECT id, service, sample, sha256, sha1, md5, score, analyzed_at, idempotency_key, attempts, queued_at, "
           "message FROM dispositions " +
           std::string(rest);
}

Disposition disposition_of(const Row& row) {
    Disposition one;
    one.id = row.integer(0);
    one.service = row.integer(1);
    one.sample = row.text(2);
    one.sha256 = row.text(3);
    one.sha1 = row.text(4);
    one.md5 = row.text(5);
    one.score = row.integer(6);
    one.analyzed_at = row.time(7);
    one.idempotency_key = row.text(8);
    one.attempts = row.integer(9);
    one.queued_at = row.time(10);
    one.message = row.text(11);
    return one;
}

std::int64_t bounded_limit(std::size_t limit) {
    return static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, Dispositions::most_of_batch));
}

// Nobody of the content waits any more: the oldest one behind may be tried.
Result<void> move_up(Database& database, std::int64_t service, const std::string& sha256) {
    const auto done = database.change(queries::move_up, {service, sha256});
    if (!done) return base::fail(done.error());
    return {};
}

// What recording an outcome has to know.
struct Attempted {
    std::int64_t id = 0;
    std::int64_t service = 0;
    std::string sha256;
    std::string state;
    std::int64_t attempts = 0;
    std::int64_t tries_of_service = 0;  // since it was queued
    Time queued_at;
};

Result<std::optional<Attempted>> attempted(Database& database, std::int64_t id) {
    const auto rows = database.query(
        "SELECT dispositions.id, service, sha256, state, attempts, probes - probes_before, queued_at FROM dispositions "
        "JOIN disposition_services ON disposition_services.id = service WHERE dispositions.id = $1",
        {id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    const Row& row = rows->front();
    return Attempted{row.integer(0), row.integer(1), row.text(2), row.text(3),
                     row.integer(4), row.integer(5), row.time(6)};
}

bool is_spent(const Attempted& one, Time now) {
    return now - one.queued_at >= Dispositions::patience &&
           one.attempts + 1 + one.tries_of_service >= Dispositions::fewest_tries;
}

Result<void> give_up(Database& database, const Attempted& one, std::int64_t attempts, const std::string& message) {
    const auto done =
        database.change("UPDATE dispositions SET state = 'failed', attempts = $2, message = $3 WHERE id = $1",
                        {one.id, attempts, message});
    if (!done) return base::fail(done.error());
    return one.state == "waiting" ? move_up(database, one.service, one.sha256) : Result<void>();
}

// What was said of the content before, and failed, is never to be told behind it.
Result<void> forget_told(Database& database, const Attempted& one) {
    const auto done = database.change("DELETE FROM dispositions WHERE id = $1", {one.id});
    if (!done) return base::fail(done.error());
    const auto overtaken = database.change(queries::forget_overtaken, {one.service, one.sha256, one.id});
    if (!overtaken) return base::fail(overtaken.error());
    return one.state == "waiting" ? move_up(database, one.service, one.sha256) : Result<void>();
}

// Of one disposition; whether it was given up now. Nothing where it is gone; nor is one that has failed meanwhile less
// failed by a late word.
Result<bool> settle(Database& database, const DispositionOutcome& outcome, Time now) {
    const auto found = attempted(database, outcome.id);
    if (!found) return base::fail(found.error());
    if (!*found) return false;
    const Attempted& one = **found;
    if (outcome.kind == Kind::delivered) {
        if (auto gone = forget_told(database, one); !gone) return base::fail(gone.error());
        return false;
    }
    if (one.state == "failed") return false;
    const std::string message = kept_message(outcome.message);
    const bool spent = outcome.kind == Kind::again && is_spent(one, now);
    if (outcome.kind == Kind::refused || spent) {
        if (auto done = give_up(database, one, one.attempts + 1, message); !done) return base::fail(done.error());
        return spent;
    }
    const bool answered = outcome.kind == Kind::again;
    const Time next = now + std::clamp<std::chrono::seconds>(answered ? outcome.again_in : std::chrono::seconds(0),
                                                             std::chrono::seconds(0), Dispositions::longest_pause);
    const auto done = database.change(
        "UPDATE dispositions SET attempts = $2, next_try = $3, message = $4, queued_at = $5 WHERE id = "
        "$1",
        {one.id, one.attempts + (answered ? 1 : 0), next, message, std::min(one.queued_at, now)});
    if (!done) return base::fail(done.error());
    return false;
}

// What a batch says of one service.
struct Told {
    bool delivered = false;
    std::int64_t probes = 0;
    std::optional<std::string> failure;  // the last
};

Result<void> note_told(Database& database, std::int64_t service, const Told& told, Time now) {
    const auto done = database.change(
        "UPDATE disposition_services SET last_success = CASE WHEN $2 THEN $3 ELSE last_success END, last_failure = "
        "CASE WHEN $4 IS NULL THEN last_failure ELSE $3 END, failure_message = coalesce($4, failure_message), "
        "probes = probes + $5 WHERE id = $1",
        {service, told.delivered, now, told.failure, told.probes});
    if (!done) return base::fail(done.error());
    return {};
}

Result<void> drop_oldest_failed(Database& database, std::int64_t service) {
    const auto rows = database.query("SELECT failed FROM disposition_services WHERE id = $1", {service});
    if (!rows) return base::fail(rows.error());
    if (rows->empty() || rows->front().integer(0) <= Dispositions::most_failed) return {};
    const auto dropped =
        database.change(queries::drop_oldest, {service, rows->front().integer(0) - Dispositions::most_failed});
    if (!dropped) return base::fail(dropped.error());
    const auto counted =
        database.change("UPDATE disposition_services SET dropped = dropped + $2 WHERE id = $1", {service, *dropped});
    if (!counted) return base::fail(counted.error());
    return {};
}

// Waits again, unless a later word on the content waits, which says all there is to say. False: it has not failed.
Result<bool> retry_one(Database& database, std::int64_t service, std::int64_t id, Time now) {
    const auto overtaken = database.change(queries::forget_if_overtaken, {service, id});
    if (!overtaken) return base::fail(overtaken.error());
    if (*overtaken == 1) return true;
    const auto done = database.change(queries::retry, {service, id, now});
    if (!done) return base::fail(done.error());
    return *done == 1;
}

}  // namespace

Result<std::int64_t> Dispositions::enqueue(const Sample& sample, std::int64_t malicious_score, Time now) {
    if (!sample.content || !sample.score || *sample.score < malicious_score) return 0;
    const auto services = database_->query("SELECT id, probes FROM disposition_services ORDER BY id");
    if (!services) return base::fail(services.error());
    for (const Row& service : *services) {
        const auto added = database_->change(
            queries::enqueue,
            {service.integer(0), sample.id, sample.content->sha256, sample.content->sha1, sample.content->md5,
             *sample.score, sample.completed_at.value_or(now), random_idempotency_key(), now, service.integer(1)});
        if (!added) return base::fail(added.error());
    }
    return static_cast<std::int64_t>(services->size());
}

Result<DueDispositions> Dispositions::due(std::int64_t service, Time now, std::size_t limit,
                                          std::span<const std::int64_t> held) {
    const std::int64_t wanted = bounded_limit(limit);
    const std::int64_t most = wanted + static_cast<std::int64_t>(held.size());
    DueDispositions due;
    const auto take = [&](const Rows& rows) {
        for (const Row& row : rows) {
            const bool is_held = std::find(held.begin(), held.end(), row.integer(0)) != held.end();
            const bool is_full = static_cast<std::int64_t>(due.dispositions.size()) >= wanted;
            if (!is_held && !is_full) due.dispositions.push_back(disposition_of(row));
        }
    };
    const auto ready = database_->query(dispositions_where(queries::where_ready), {service, now, most});
    if (!ready) return base::fail(ready.error());
    take(*ready);
    // What no pause explains: the clock was set back.
    const auto stray = database_->query(dispositions_where(queries::where_stray), {service, now + longest_pause, most});
    if (!stray) return base::fail(stray.error());
    take(*stray);
    const auto later = database_->query(queries::next_due, {service, now});
    if (!later) return base::fail(later.error());
    due.next = later->front().optional_time(0);
    return due;
}

Result<Dispositions::GivenUp> Dispositions::record(std::span<const DispositionOutcome> outcomes, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    std::map<std::int64_t, Told> services;
    GivenUp given_up;
    for (const DispositionOutcome& outcome : outcomes) {
        Told& told = services[outcome.service];
        if (outcome.kind == Kind::delivered) told.delivered = true;
        if (outcome.kind == Kind::away) ++told.probes;
        if (outcome.kind != Kind::delivered) told.failure = kept_message(outcome.message);
        const auto spent = settle(*database_, outcome, now);
        if (!spent) return base::fail(spent.error());
        if (*spent) ++given_up[outcome.service];
    }
    for (const auto& [service, told] : services) {
        if (auto noted = note_told(*database_, service, told, now); !noted) return base::fail(noted.error());
        if (auto dropped = drop_oldest_failed(*database_, service); !dropped) return base::fail(dropped.error());
    }
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return given_up;
}

Result<std::size_t> Dispositions::expire(std::int64_t service, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto begun = database_->change(queries::forget_future, {service, now});
    if (!begun) return base::fail(begun.error());
    const auto rows = database_->query(
        queries::spent, {service, now - patience, fewest_tries, static_cast<std::int64_t>(most_of_batch)});
    if (!rows) return base::fail(rows.error());
    const auto last = database_->query("SELECT failure_message FROM disposition_services WHERE id = $1", {service});
    if (!last) return base::fail(last.error());
    const std::string why =
        kept_message("It could not be told for 24 hours. " + (last->empty() ? std::string() : last->front().text(0)));
    for (const Row& row : *rows) {
        // Its state may be another one already: the one before it in this batch has made it the next.
        Attempted one;
        one.id = row.integer(0);
        one.service = service;
        one.sha256 = row.text(1);
        const auto state = database_->query("SELECT state FROM dispositions WHERE id = $1", {one.id});
        if (!state) return base::fail(state.error());
        one.state = state->front().text(0);
        if (auto done = give_up(*database_, one, row.integer(3), why); !done) return base::fail(done.error());
    }
    if (auto dropped = drop_oldest_failed(*database_, service); !dropped) return base::fail(dropped.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return rows->size();
}

Result<std::vector<Disposition>> Dispositions::failed(std::int64_t service, std::optional<std::int64_t> before,
                                                      std::size_t limit) {
    constexpr std::int64_t latest = INT64_MAX;
    const auto rows = database_->query(dispositions_where(queries::where_failed),
                                       {service, before.value_or(latest), bounded_limit(limit)});
    if (!rows) return base::fail(rows.error());
    std::vector<Disposition> all;
    for (const Row& row : *rows)
        all.push_back(disposition_of(row));
    return all;
}

Result<Dispositions::Retried> Dispositions::retry_next(std::int64_t service, std::int64_t after, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto rows = database_->query(queries::retryable, {service, after, static_cast<std::int64_t>(most_of_batch)});
    if (!rows) return base::fail(rows.error());
    Retried retried{0, after};
    for (const Row& row : *rows) {
        if (auto done = retry_one(*database_, service, row.integer(0), now); !done) return base::fail(done.error());
        retried = {retried.count + 1, row.integer(0)};
    }
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return retried;
}

Result<void> Dispositions::retry(std::int64_t service, std::int64_t id, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto done = retry_one(*database_, service, id, now);
    if (!done) return base::fail(done.error());
    if (*done) return transaction->commit();
    return base::fail(base::ErrorKind::not_found, "no_disposition",
                      "There is no such disposition that has failed: it may have been retried.");
}

Result<void> Dispositions::hasten(std::int64_t service, Time now) {
    const auto done = database_->change(queries::hasten, {service, now});
    if (!done) return base::fail(done.error());
    return {};
}

Result<std::int64_t> Dispositions::waiting() {
    const auto rows = database_->query("SELECT coalesce(sum(waiting), 0) FROM disposition_services");
    if (!rows) return base::fail(rows.error());
    return rows->front().integer(0);
}

Result<std::int64_t> Dispositions::failed_in_all() {
    const auto rows = database_->query("SELECT coalesce(sum(failed), 0) FROM disposition_services");
    if (!rows) return base::fail(rows.error());
    return rows->front().integer(0);
}

}  // namespace gatehouse::records
