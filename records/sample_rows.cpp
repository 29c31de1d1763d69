#include "records/sample_rows.hpp"

#include "records/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

// A text per condition, so that each is prepared once.
constexpr std::string_view columns =
    "SELECT number, samples.id, user_id, organization_id, is_private, login, content_id, filename, url, vm, os, "
    "playbook, network_exit, source, classify, callback_url, email_notification, state, attempts, submitted_at, "
    "started_at, completed_at, message, score, severity, confidence, sha256, sha1, md5, bytes "
    "FROM samples LEFT JOIN contents ON contents.id = content_id WHERE ";

std::optional<std::int64_t> optional_integer(const Row& row, std::size_t column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

Sample sample_of(const Row& row) {
    Sample sample;
    sample.number = row.integer(0);
    sample.id = row.text(1);
    sample.owner = {row.integer(2), row.integer(3), row.truth(4)};
    sample.login = row.text(5);
    sample.content_id = row.is_null(6) ? 0 : row.integer(6);
    sample.filename = row.text(7);
    sample.url = row.text(8);
    sample.options = {row.text(9),  row.text(10), row.text(11), row.text(12),
                      row.text(13), row.text(14), row.text(15), row.text(16)};
    sample.state = sample_state_of(row.text(17)).value_or(SampleState::fail);
    sample.attempts = row.integer(18);
    sample.submitted_at = row.time(19);
    sample.started_at = row.optional_time(20);
    sample.completed_at = row.optional_time(21);
    sample.message = row.text(22);
    if (row.integer(23) >= 0) sample.score = row.integer(23);
    sample.severity = optional_integer(row, 24);
    sample.confidence = optional_integer(row, 25);
    if (!row.is_null(26)) sample.content = Content{row.text(26), row.text(27), row.text(28), row.integer(29)};
    return sample;
}

Result<std::optional<Sample>> sample_where(Database& database, const std::string& sql, Parameter value) {
    const auto rows = database.query(sql, {value});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    Sample sample = sample_of(rows->front());
    const auto tags = database.query("SELECT tag FROM sample_tags WHERE sample = $1 ORDER BY id", {sample.number});
    if (!tags) return base::fail(tags.error());
    for (const Row& tag : *tags)
        sample.tags.push_back(tag.text(0));
    return sample;
}

constexpr std::array<std::pair<SampleState, std::array<std::string_view, 2>>, 6> states{{
    {SampleState::wait, {"wait", "pending"}},
    {SampleState::prep, {"prep", "preparing"}},
    {SampleState::run, {"run", "running"}},
    {SampleState::proc, {"proc", "processing"}},
    {SampleState::succ, {"succ", "job_done"}},
    {SampleState::fail, {"fail", "failed"}},
}};

}  // namespace

std::string_view name(SampleState state) {
    return states.at(static_cast<std::size_t>(state)).second[0];
}

std::string_view status_of(SampleState state) {
    return states.at(static_cast<std::size_t>(state)).second[1];
}

std::optional<SampleState> sample_state_of(std::string_view name) {
    const auto* const found = std::ranges::find_if(states, [&](const auto& entry) { return entry.second[0] == name; });
    if (found == states.end()) return {};
    return found->first;
}

tl::unexpected<base::Error> no_sample(std::string_view id) {
    constexpr std::size_t shown = 64;
    return base::fail(ErrorKind::not_found, "no_sample", "There is no sample '" + printable(id, shown) + "'.");
}

Result<std::optional<Sample>> sample_by_number(Database& database, std::int64_t number) {
    static const std::string sql = std::string(columns) + "number = $1";
    return sample_where(database, sql, number);
}

Result<Sample> visible_sample(Database& database, const Viewer& viewer, std::string_view id) {
    static const std::string sql = std::string(columns) + "samples.id = $1";
    if (!is_printable(id)) return no_sample(id);  // a column could not be compared with it
    auto found = sample_where(database, sql, id);
    if (!found) return base::fail(found.error());
    if (!*found || !may_see(viewer, (*found)->owner)) return no_sample(id);
    return std::move(**found);
}

Result<std::optional<std::string>> sealed_password_of(Database& database, std::int64_t number) {
    const auto rows = database.query("SELECT sample_password FROM samples WHERE number = $1", {number});
    if (!rows) return base::fail(rows.error());
    if (rows->empty() || rows->front().is_null(0)) return std::nullopt;
    return rows->front().bytes(0);
}

}  // namespace gatehouse::records
