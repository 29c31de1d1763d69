#include "records/retention.hpp"

#include "records/sample_rows.hpp"
#include "records/sample_words.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

namespace gatehouse::records {

namespace {

using base::Result;

// A sample that may go, and its content.
struct Leaving {
    Forgettable sample;
    std::optional<std::int64_t> content_id;
    std::int64_t bytes = 0;
    std::int64_t submissions = 0;  // of the content
};

// Those that may go and also keep `condition`. Never one that an engine has: its answer is still to come.
std::string leaving_where(std::string_view condition) {
    return "SELECT number, samples.id, login, filename, submitted_at, content_id, sha256, bytes, submissions "
           "FROM samples LEFT JOIN contents ON contents.id = content_id WHERE state NOT IN ('run', 'proc') AND " +
           std::string(condition);
}

Leaving leaving_of(const Row& row) {
    Leaving leaving;
    leaving.sample = {row.integer(0), row.text(1), row.text(2), row.text(3), {}, row.time(4)};
    if (row.is_null(6)) return leaving;
    leaving.content_id = row.integer(5);
    leaving.sample.sha256 = row.text(6);
    leaving.bytes = row.integer(7);
    leaving.submissions = row.integer(8);
    return leaving;
}

std::int64_t batch(std::size_t limit) {
    return static_cast<std::int64_t>(std::min(limit, Retention::most_of_batch));
}

// Forgets one, where it is there to be forgotten.
Result<void> forget_one(Database& database, std::int64_t number, Forgotten& forgotten) {
    const auto rows = database.query(leaving_where("number = $1"), {number});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return {};
    Leaving leaving = leaving_of(rows->front());
    if (auto gone = unindex_sample(database, number); !gone) return base::fail(gone.error());
    if (auto gone = database.change("DELETE FROM samples WHERE number = $1", {number}); !gone) {
        return base::fail(gone.error());
    }
    if (leaving.content_id) {
        const auto fewer =
            database.change("UPDATE contents SET submissions = submissions - 1 WHERE id = $1", {*leaving.content_id});
        if (!fewer) return base::fail(fewer.error());
        const auto gone =
            database.change("DELETE FROM contents WHERE id = $1 AND submissions <= 0", {*leaving.content_id});
        if (!gone) return base::fail(gone.error());
        if (*gone > 0) {
            forgotten.contents.push_back(leaving.sample.sha256);
            forgotten.bytes += leaving.bytes;
        }
    }
    forgotten.samples.push_back(std::move(leaving.sample));
    return {};
}

}  // namespace

Result<KeptTotals> Retention::totals() {
    const auto rows =
        database_->query("SELECT (SELECT sum(samples) FROM kept_samples), contents, bytes FROM kept_contents");
    if (!rows) return base::fail(rows.error());
    return KeptTotals{rows->front().integer(0), rows->front().integer(1), rows->front().integer(2)};
}

Result<std::vector<Forgettable>> Retention::older_than(Time time, std::size_t limit) {
    // Without the hours, finding nothing would mean reading all.
    const auto hour = std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
    const auto rows = database_->query(
        leaving_where("number <= (SELECT coalesce(max(highest), 0) FROM sample_hours WHERE hour <= $1) "
                      "AND submitted_at < $2 ORDER BY number LIMIT $3"),
        {hour, time, batch(limit)});
    if (!rows) return base::fail(rows.error());
    std::vector<Forgettable> all;
    for (const Row& row : *rows)
        all.push_back(leaving_of(row).sample);
    return all;
}

Result<std::vector<Forgettable>> Retention::until(std::int64_t bytes, std::size_t limit) {
    const auto kept = totals();
    if (!kept) return base::fail(kept.error());
    std::int64_t over = kept->bytes - bytes;
    std::vector<Forgettable> all;
    if (over <= 0) return all;
    const auto rows = database_->query(leaving_where("true ORDER BY number LIMIT $1"), {batch(limit)});
    if (!rows) return base::fail(rows.error());
    std::map<std::int64_t, std::int64_t> going;  // by content: how many of its submissions
    for (const Row& row : *rows) {
        if (over <= 0) break;
        Leaving leaving = leaving_of(row);
        if (leaving.content_id && ++going[*leaving.content_id] == leaving.submissions) over -= leaving.bytes;
        all.push_back(std::move(leaving.sample));
    }
    return all;
}

Result<Forgotten> Retention::forget(std::span<const std::int64_t> numbers) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    Forgotten forgotten;
    for (const std::int64_t number : numbers.first(std::min(numbers.size(), most_of_batch))) {
        if (const auto done = forget_one(*database_, number, forgotten); !done) return base::fail(done.error());
    }
    const auto hours = database_->change(
        "DELETE FROM sample_hours WHERE NOT EXISTS (SELECT 1 FROM samples WHERE number <= highest)", {});
    if (!hours) return base::fail(hours.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return forgotten;
}

Result<std::vector<std::string>> Retention::known_contents(std::string_view after, std::size_t limit) {
    const auto rows = database_->query("SELECT sha256 FROM contents WHERE sha256 > $1 ORDER BY sha256 LIMIT $2",
                                       {after, static_cast<std::int64_t>(limit)});
    if (!rows) return base::fail(rows.error());
    std::vector<std::string> all;
    for (const Row& row : *rows)
        all.push_back(row.text(0));
    return all;
}

Result<bool> Retention::is_known(std::string_view sha256) {
    const auto rows = database_->query("SELECT 1 FROM contents WHERE sha256 = $1", {sha256});
    if (!rows) return base::fail(rows.error());
    return !rows->empty();
}

}  // namespace gatehouse::records
