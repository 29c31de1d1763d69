#include "records/samples.hpp"

#include "base/hex.hpp"
#include "records/sample_rows.hpp"
#include "records/sample_tags.hpp"
#include "records/sample_words.hpp"
#include "records/text.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_option = 1024;  // the file name too
constexpr std::size_t longest_url = 8192;
constexpr std::size_t longest_kept_login = 256;
constexpr std::size_t most_ids = 1000;

std::string random_id() {
    std::array<char, 16> random{};
    ::randombytes_buf(random.data(), random.size());
    return base::to_hex({random.data(), random.size()});
}

Result<void> check_length(std::string_view text, std::size_t most, const std::string& member, const char* code) {
    if (text.size() <= most) return {};
    return base::fail(ErrorKind::input, code, "'" + member + "' is longer than " + std::to_string(most) + " bytes.");
}

Result<void> check_content(const NewSample& fresh) {
    if (!fresh.content) {
        if (!fresh.url.empty()) return {};
        return base::fail(ErrorKind::input, "content_missing", "Neither a file nor a URL was submitted.");
    }
    const auto holds = [](std::string_view digest, std::size_t digits) {
        return digest.size() == digits && digest.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    };
    const Content& content = *fresh.content;
    if (holds(content.sha256, 64) && holds(content.sha1, 40) && holds(content.md5, 32) && content.size >= 0) return {};
    return base::fail(ErrorKind::input, "content_invalid", "A digest of the content is not lower-case hex.");
}

// Each option's name beside its text.
using NamedOptions = std::array<std::pair<const char*, std::string*>, 8>;

NamedOptions named(SampleOptions& options) {
    return {{{"vm", &options.vm},
             {"os", &options.os},
             {"playbook", &options.playbook},
             {"network_exit", &options.network_exit},
             {"source", &options.source},
             {"classify", &options.classify},
             {"callback_url", &options.callback_url},
             {"email_notification", &options.email_notification}}};
}

// The submission as it can be stored, or what is wrong with it.
Result<NewSample> judged(NewSample fresh) {
    if (auto checked = check_content(fresh); !checked) return base::fail(checked.error());
    if (auto fits = check_length(fresh.filename, longest_option, "filename", "filename_invalid"); !fits) {
        return base::fail(fits.error());
    }
    if (auto fits = check_length(fresh.url, longest_url, "url", "url_invalid"); !fits) return base::fail(fits.error());
    for (const auto& [option, text] : named(fresh.options)) {
        if (auto fits = check_length(*text, longest_option, option, "option_invalid"); !fits) {
            return base::fail(fits.error());
        }
        *text = storable(*text);
    }
    fresh.filename = storable(fresh.filename);
    fresh.url = storable(fresh.url);
    fresh.login = printable(fresh.login, longest_kept_login);
    std::vector<std::string> tags;
    for (const std::string& asked : fresh.tags) {
        auto tag = checked_tag(asked);
        if (!tag) return base::fail(tag.error());
        const auto same = [&](const std::string& other) { return lower_case(other) == lower_case(*tag); };
        if (std::ranges::none_of(tags, same)) tags.push_back(std::move(*tag));
        if (tags.size() > SampleTags::most_of_sample) {
            return base::fail(ErrorKind::input, "tags_too_many",
                              "A sample has at most " + std::to_string(SampleTags::most_of_sample) + " tags.");
        }
    }
    fresh.tags = std::move(tags);
    return fresh;
}

// The content's number, which it has from its first submission on; nullopt for a URL.
Result<std::optional<std::int64_t>> add_content(Database& database, const NewSample& fresh, Time now) {
    if (!fresh.content) return std::nullopt;
    const auto rows = database.query(
        "INSERT INTO contents (sha256, sha1, md5, bytes, first_seen, last_seen, submissions) "
        "VALUES ($1, $2, $3, $4, $5, $5, 1) ON CONFLICT (sha256) DO UPDATE "
        "SET submissions = submissions + 1, last_seen = excluded.last_seen RETURNING id",
        {fresh.content->sha256, fresh.content->sha1, fresh.content->md5, fresh.content->size, now});
    if (!rows) return base::fail(rows.error());
    return rows->front().integer(0);
}

Result<std::int64_t> add_row(Database& database, const NewSample& fresh, std::optional<std::int64_t> content,
                             Time now) {
    const SampleOptions& options = fresh.options;
    constexpr std::size_t longest_key = 64;
    const std::string name_key(cut(lower_case(fresh.filename), longest_key));
    const auto password = fresh.sealed_password ? std::optional(Bytes{*fresh.sealed_password}) : std::nullopt;
    const auto rows = database.query(
        "INSERT INTO samples (id, user_id, organization_id, is_private, login, content_id, filename, name_key, url, "
        "vm, os, "
        "playbook, network_exit, source, classify, callback_url, email_notification, sample_password, state, attempts, "
        "submitted_at, message, score) VALUES "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 'wait', 0, $19, '', -1) "
        "RETURNING number",
        {random_id(), fresh.owner.user_id, fresh.owner.organization_id, fresh.owner.is_private, fresh.login, content,
         fresh.filename, name_key, fresh.url, options.vm, options.os, options.playbook, options.network_exit,
         options.source, options.classify, options.callback_url, options.email_notification, password, now});
    if (!rows) return base::fail(rows.error());
    return rows->front().integer(0);
}

Result<void> note_hour(Database& database, std::int64_t number, Time now) {
    const auto hour = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count();
    const auto noted = database.change(
        "INSERT INTO sample_hours (hour, lowest, highest) VALUES ($1, $2, $2) ON CONFLICT (hour) DO UPDATE SET "
        "highest = excluded.highest",
        {hour, number});
    if (!noted) return base::fail(noted.error());
    return {};
}

}  // namespace

Result<Sample> Samples::submit(const NewSample& fresh, Time now) {
    const auto whole = judged(fresh);
    if (!whole) return base::fail(whole.error());
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto content = add_content(*database_, *whole, now);
    if (!content) return base::fail(content.error());
    const auto number = add_row(*database_, *whole, *content, now);
    if (!number) return base::fail(number.error());
    for (const std::string& tag : whole->tags) {
        if (auto added = attach_tag(*database_, *number, tag); !added) return base::fail(added.error());
    }
    if (auto noted = note_hour(*database_, *number, now); !noted) return base::fail(noted.error());
    auto sample = sample_by_number(*database_, *number);
    if (!sample) return base::fail(sample.error());
    if (auto indexed = index_sample(*database_, sample->value()); !indexed) return base::fail(indexed.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return std::move(sample->value());
}

Result<Sample> Samples::find(const Viewer& viewer, std::string_view id) {
    return visible_sample(*database_, viewer, id);
}

Result<std::vector<Sample>> Samples::find_all(const Viewer& viewer, std::span<const std::string> ids) {
    std::vector<Sample> all;
    for (const std::string& id : ids.first(std::min(ids.size(), most_ids))) {
        auto sample = visible_sample(*database_, viewer, id);
        if (sample) {
            all.push_back(std::move(*sample));
        } else if (sample.error().kind != ErrorKind::not_found) {
            return base::fail(sample.error());
        }
    }
    return all;
}

Result<std::vector<Behaviour>> Samples::behaviours(const Viewer& viewer, std::string_view id) {
    const auto sample = visible_sample(*database_, viewer, id);
    if (!sample) return base::fail(sample.error());
    const auto rows = database_->query(
        "SELECT name, title, severity, confidence, detail FROM behaviours WHERE sample = $1 ORDER BY place",
        {sample->number});
    if (!rows) return base::fail(rows.error());
    std::vector<Behaviour> all;
    for (const Row& row : *rows)
        all.push_back({row.text(0), row.text(1), row.integer(2), row.integer(3), row.text(4)});
    return all;
}

Result<std::string> Samples::report(const Viewer& viewer, std::string_view id) {
    const auto sample = visible_sample(*database_, viewer, id);
    if (!sample) return base::fail(sample.error());
    const auto rows = database_->query("SELECT report FROM reports WHERE sample = $1", {sample->number});
    if (!rows) return base::fail(rows.error());
    return rows->empty() ? std::string() : rows->front().bytes(0);
}

Result<Sightings> Samples::sightings(const Viewer& viewer, std::string_view id) {
    const auto sample = visible_sample(*database_, viewer, id);
    if (!sample) return base::fail(sample.error());
    if (!sample->content) return Sightings{sample->submitted_at, sample->submitted_at};
    const std::string match = match_of_content(viewer, sample->content_id);
    const auto rows = database_->query(
        "SELECT submitted_at FROM samples WHERE number IN "
        "((SELECT rowid FROM sample_words WHERE sample_words MATCH $1 ORDER BY rowid LIMIT 1), "
        "(SELECT rowid FROM sample_words WHERE sample_words MATCH $1 ORDER BY rowid DESC LIMIT 1)) "
        "ORDER BY number",
        {match});
    if (!rows) return base::fail(rows.error());
    return Sightings{rows->front().time(0), rows->back().time(0)};
}

}  // namespace gatehouse::records
