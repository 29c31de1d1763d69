#include "records/audit.hpp"

#include "config/json_text.hpp"
#include "records/text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_actor = 256;
constexpr std::size_t longest_origin = 64;
constexpr std::size_t longest_code = 64;
constexpr std::size_t longest_object = 1024;
constexpr std::size_t longest_detail = 16UL * 1024;
constexpr std::string_view cursor_mark = "a";

Via via_of(std::string_view text) {
    for (const Via via : {Via::session, Via::token, Via::console}) {
        if (text == name(via)) return via;
    }
    return Via::system;
}

AuditRecord record_of(const Row& row) {
    AuditRecord record;
    record.id = row.integer(0);
    record.at = row.time(1);
    record.entry.actor = row.text(2);
    record.entry.via = via_of(row.text(3));
    record.entry.address = row.text(4);
    record.entry.action = row.text(5);
    record.entry.object = row.text(6);
    record.entry.refusal = row.text(7);
    record.entry.detail = row.text(8);
    return record;
}

// The number below which the page begins.
Result<std::int64_t> number_of(std::string_view cursor) {
    if (cursor.empty()) return std::numeric_limits<std::int64_t>::max();
    std::int64_t number = 0;
    const std::string_view digits = cursor.substr(std::min(cursor.size(), cursor_mark.size()));
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (cursor.starts_with(cursor_mark) && error == std::errc() && end == digits.data() + digits.size() && number > 0) {
        return number;
    }
    return base::fail(ErrorKind::input, "cursor_invalid", "The cursor is not one that an earlier page gave.",
                      "Begin with the first page.");
}

}  // namespace

std::string_view name(Via via) {
    switch (via) {
        case Via::session:
            return "session";
        case Via::token:
            return "token";
        case Via::console:
            return "console";
        case Via::system:
            break;
    }
    return "system";
}

Result<void> Audit::add(const AuditEntry& entry, Time now) {
    const auto detail = config::parse_json(entry.detail);
    if (entry.detail.size() > longest_detail || !detail || !detail->is_object()) {
        return base::fail(ErrorKind::input, "audit_invalid",
                          "The details of an audit record must be a JSON object of at most 16 KiB.");
    }
    const auto done = database_->change(
        "INSERT INTO audit (at, actor, via, address, action, object, refusal, detail) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {now, printable(entry.actor, longest_actor), name(entry.via), printable(entry.address, longest_origin),
         printable(entry.action, longest_code), printable(entry.object, longest_object),
         printable(entry.refusal, longest_code), detail->dump()});
    if (!done) return base::fail(done.error());
    return {};
}

Result<AuditPage> Audit::list(const AuditFilter& filter, std::string_view cursor, std::size_t limit) {
    const auto below = number_of(cursor);
    if (!below) return base::fail(below.error());
    const std::size_t size = std::clamp<std::size_t>(limit, 1, most_of_page);

    std::string sql = "SELECT id, at, actor, via, address, action, object, refusal, detail FROM audit WHERE id < $1";
    std::vector<Parameter> parameters{*below};
    const auto narrow = [&](std::string_view condition, const auto& value) {
        if (!value) return;
        parameters.emplace_back(*value);
        sql += " AND " + std::string(condition) + " $" + std::to_string(parameters.size());
    };
    narrow("actor =", filter.actor);
    if (filter.action) {
        parameters.emplace_back(*filter.action);
        const std::string wanted = "$" + std::to_string(parameters.size());
        sql +=
            " AND (action = " + wanted + " OR substr(action, 1, length(" + wanted + ") + 1) = " + wanted + " || '.')";
    }
    if (filter.interface) {
        // As it was dumped, which any database can look for; the quotes of a text would be escaped.
        parameters.emplace_back(config::name(*filter.interface));
        sql += " AND detail LIKE '%\"interface\":\"' || $" + std::to_string(parameters.size()) + " || '\"%'";
    }
    if (filter.refused) sql += *filter.refused ? " AND refusal <> ''" : " AND refusal = ''";
    narrow("at >=", filter.since);
    narrow("at <", filter.until);
    parameters.emplace_back(static_cast<std::int64_t>(size + 1));  // one more tells whether there is a next page
    sql += " ORDER BY id DESC LIMIT $" + std::to_string(parameters.size());

    const auto rows = database_->query(sql, parameters);
    if (!rows) return base::fail(rows.error());
    AuditPage page;
    for (std::size_t i = 0; i < std::min(rows->size(), size); ++i)
        page.records.push_back(record_of((*rows)[i]));
    if (rows->size() > size) page.next = std::string(cursor_mark) + std::to_string(page.records.back().id);
    return page;
}

}  // namespace gatehouse::records
