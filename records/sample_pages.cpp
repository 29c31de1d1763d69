// Pages of samples. Everything but one case asks the full-text index (records/sample_words), which gives numbers in
// their order; sorted by name or score without a filter the indexes of those columns give them.
#include "base/hex.hpp"
#include "base/utf8.hpp"
#include "records/sample_rows.hpp"
#include "records/sample_words.hpp"
#include "records/samples.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t most_of_page = 1000;
constexpr std::int64_t no_number = std::numeric_limits<std::int64_t>::max();

// ---- what is asked

// Where a page begins: behind the sample with this number and, where it is sorted by another thing, this key.
struct Place {
    std::int64_t number = 0;
    std::int64_t score = 0;
    std::string name;
};

// A query that grows: its text, and the values for its $n.
class Query {
public:
    /// The next $n, for a value that outlives the query.
    std::string value(Parameter parameter) {
        parameters_.push_back(parameter);
        return "$" + std::to_string(parameters_.size());
    }
    [[nodiscard]] Result<Rows> run(Database& database, const std::string& sql) const {
        return database.query(sql, parameters_);
    }

private:
    std::vector<Parameter> parameters_;
};

// All that decides which samples are on a page.
struct Asked {
    const Viewer& viewer;
    const SampleFilter& filter;
    SampleSort sort;
    bool descending;
    std::size_t limit;
    std::size_t offset;
    std::optional<Place> behind;
    std::string match;        // for the index
    std::int64_t lowest = 0;  // bounds of the numbers that can fit
    std::int64_t highest = 0;

    [[nodiscard]] const char* direction() const { return descending ? " DESC" : " ASC"; }
    [[nodiscard]] const char* further() const { return descending ? " < " : " > "; }
};

// A sample on a page, and its key where one is sorted by.
struct Hit {
    std::int64_t number = 0;
    std::int64_t score = 0;
    std::string name;
};

// Those who have no score are all alike: the order they came in decides.
SampleSort sort_of(const SampleFilter& filter, SampleSort sort) {
    const bool without = filter.state && *filter.state != SampleState::succ;
    return sort == SampleSort::score && without ? SampleSort::submitted_at : sort;
}

// ---- cursors: "n7" · "s90.7" · "f6162.7" (the beginning of the file name, in hex)

std::string cursor_of(SampleSort sort, const Hit& last) {
    const std::string number = std::to_string(last.number);
    switch (sort) {
        case SampleSort::submitted_at:
            return "n" + number;
        case SampleSort::score:
            return "s" + std::to_string(last.score) + "." + number;
        case SampleSort::filename:
            return "f" + base::to_hex(last.name) + "." + number;
    }
    return {};
}

std::optional<std::int64_t> cursor_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return number;
}

std::optional<Place> place_of(SampleSort sort, std::string_view cursor) {
    constexpr std::string_view kinds = "nfs";  // by SampleSort
    if (cursor.front() != kinds.at(static_cast<std::size_t>(sort))) return {};
    cursor.remove_prefix(1);
    Place place;
    if (sort != SampleSort::submitted_at) {
        const std::size_t point = std::min(cursor.find('.'), cursor.size());
        const std::string key(cursor.substr(0, point));
        if (sort == SampleSort::score) {
            const auto score = cursor_number(key);
            if (!score) return {};
            place.score = *score;
        } else {
            auto name = key.empty() ? std::optional(std::string()) : base::from_hex(key);
            if (!name || name->find('\0') != std::string::npos || !base::is_utf8(*name)) return {};
            place.name = std::move(*name);
        }
        cursor.remove_prefix(std::min(point + 1, cursor.size()));
    }
    const auto number = cursor_number(cursor);
    if (!number) return {};
    place.number = *number;
    return place;
}

// ---- bounds

// Narrows the numbers to those that the hours between the two moments gave out; the moments themselves are compared
// too.
Result<void> bound_by_hours(Database& database, Asked& asked) {
    const auto hour = [](Time time) { return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count(); };
    const SampleFilter& filter = asked.filter;
    if (!filter.after && !filter.before) return {};
    const auto rows = database.query(
        "SELECT coalesce(min(lowest), 0), coalesce(max(highest), -1) FROM sample_hours WHERE hour BETWEEN $1 AND $2",
        {filter.after ? hour(*filter.after) : std::numeric_limits<std::int64_t>::min(),
         filter.before ? hour(*filter.before) : no_number});
    if (!rows) return base::fail(rows.error());
    asked.lowest = rows->front().integer(0);
    asked.highest = rows->front().integer(1);
    return {};
}

Result<void> bound_by_id(Database& database, Asked& asked) {
    if (!asked.filter.id) return {};
    const auto sample = visible_sample(database, asked.viewer, *asked.filter.id);
    if (!sample && sample.error().kind != ErrorKind::not_found) return base::fail(sample.error());
    const std::int64_t number = sample ? sample->number : -1;
    asked.lowest = std::max(asked.lowest, number);
    asked.highest = std::min(asked.highest, number);
    return {};
}

// ---- the index's matches

// "FROM … WHERE …" for all samples that fit, of which sample_words.rowid is the number.
std::string matches(Query& query, const Asked& asked) {
    const SampleFilter& filter = asked.filter;
    constexpr std::int64_t whole_tens = 10;
    std::string conditions;
    if (filter.after) conditions += " AND submitted_at >= " + query.value(*filter.after);
    if (filter.before) conditions += " AND submitted_at < " + query.value(*filter.before);
    if (filter.min_score && *filter.min_score > 0 && *filter.min_score % whole_tens != 0) {
        conditions += " AND score >= " + query.value(*filter.min_score);
    }
    // The row is only looked at where the index does not know it all. CROSS JOIN: the index comes first.
    std::string from = " FROM sample_words";
    if (!conditions.empty()) from += " CROSS JOIN samples ON samples.number = sample_words.rowid";
    from += " WHERE sample_words MATCH " + query.value(asked.match) + conditions;
    if (asked.lowest > 0) from += " AND sample_words.rowid >= " + query.value(asked.lowest);
    if (asked.highest < no_number) from += " AND sample_words.rowid <= " + query.value(asked.highest);
    return from;
}

std::string limits(Query& query, const Asked& asked) {
    return " LIMIT " + query.value(static_cast<std::int64_t>(asked.limit + 1)) + " OFFSET " +
           query.value(static_cast<std::int64_t>(asked.offset));
}

Result<std::vector<Hit>> by_number(Database& database, const Asked& asked) {
    Query query;
    std::string sql = "SELECT sample_words.rowid" + matches(query, asked);
    if (asked.behind)
        sql += std::string(" AND sample_words.rowid") + asked.further() + query.value(asked.behind->number);
    sql += std::string(" ORDER BY sample_words.rowid") + asked.direction() + limits(query, asked);
    const auto rows = query.run(database, sql);
    if (!rows) return base::fail(rows.error());
    std::vector<Hit> hits;
    for (const Row& row : *rows)
        hits.push_back({row.integer(0), 0, {}});
    return hits;
}

// ---- sorted by another thing

std::vector<Hit> hits_of(const Rows& rows, SampleSort sort) {
    std::vector<Hit> hits;
    for (const Row& row : rows) {
        hits.push_back(sort == SampleSort::score ? Hit{row.integer(0), row.integer(1), {}}
                                                 : Hit{row.integer(0), 0, row.text(1)});
    }
    return hits;
}

std::string key_of(SampleSort sort) {
    return sort == SampleSort::score ? "score" : "name_key";
}

Parameter key_behind(const Asked& asked) {
    return asked.sort == SampleSort::score ? Parameter(asked.behind->score) : Parameter(asked.behind->name);
}

// The newest that fit, as many as are counted, and those sorted.
Result<std::vector<Hit>> newest_sorted(Database& database, const Asked& asked) {
    Query query;
    const std::string key = key_of(asked.sort);
    std::string sql = "SELECT number, " + key + " FROM (SELECT sample_words.rowid AS found" + matches(query, asked) +
                      " ORDER BY sample_words.rowid DESC LIMIT " + query.value(SamplePage::counted_up_to) +
                      ") CROSS JOIN samples ON number = found";
    if (asked.behind) {
        const std::string from = query.value(key_behind(asked));
        sql += " WHERE " + key + asked.further() + from + " OR (" + key + " = " + from + " AND number" +
               asked.further() + query.value(asked.behind->number) + ")";
    }
    sql += " ORDER BY " + key + asked.direction() + ", number" + asked.direction() + limits(query, asked);
    const auto rows = query.run(database, sql);
    if (!rows) return base::fail(rows.error());
    return hits_of(*rows, asked.sort);
}

// Whether nothing narrows the samples but what the indexes of names and scores begin with.
bool is_plain(const SampleFilter& filter, SampleSort sort) {
    const bool by_words = filter.id || filter.md5 || filter.sha1 || filter.sha256 || filter.checksum || filter.tag ||
                          filter.path || filter.words || filter.after || filter.before;
    const bool by_score = filter.state || filter.min_score;
    return !by_words && !filter.organization_only && (!by_score || sort == SampleSort::score);
}

// The conditions that an index begins with each, and that together are what the viewer sees.
std::vector<std::string> scopes(Query& query, const Asked& asked) {
    const Viewer& viewer = asked.viewer;
    if (viewer.sees_all && !asked.filter.own_only) return {"true"};
    std::vector<std::string> all{"user_id = " + query.value(viewer.user_id)};
    if (!asked.filter.own_only) {
        all.push_back("organization_id = " + query.value(viewer.organization_id) + " AND is_private = 0");
    }
    return all;
}

// All, by an index: each scope is walked along its own, and SQLite merges them (UNION: what is in both comes once).
Result<std::vector<Hit>> plain_sorted(Database& database, const Asked& asked) {
    Query query;
    const std::string key = key_of(asked.sort);
    std::vector<std::string> stretches{""};
    if (asked.behind) {
        const std::string from = query.value(key_behind(asked));
        stretches = {" AND " + key + " = " + from + " AND number" + asked.further() + query.value(asked.behind->number),
                     " AND " + key + asked.further() + from};
    }
    std::string scored;
    if (asked.filter.state || asked.filter.min_score) {
        scored = " AND score >= " + query.value(std::max<std::int64_t>(asked.filter.min_score.value_or(0), 0));
    }
    std::string sql;
    for (const std::string& scope : scopes(query, asked)) {
        for (const std::string& stretch : stretches) {
            if (!sql.empty()) sql += " UNION ";
            sql += "SELECT number, " + key + " FROM samples WHERE " + scope + stretch + scored;
        }
    }
    sql += std::string(" ORDER BY 2") + asked.direction() + ", 1" + asked.direction() + limits(query, asked);
    const auto rows = query.run(database, sql);
    if (!rows) return base::fail(rows.error());
    return hits_of(*rows, asked.sort);
}

Result<std::vector<Hit>> hits(Database& database, const Asked& asked) {
    if (asked.sort == SampleSort::submitted_at) return by_number(database, asked);
    return is_plain(asked.filter, asked.sort) ? plain_sorted(database, asked) : newest_sorted(database, asked);
}

// ---- counting

Result<void> count(Database& database, const Asked& asked, SamplePage& page) {
    Query query;
    const std::string from = matches(query, asked);
    const auto rows = query.run(database, "SELECT count(*) FROM (SELECT 1" + from + " LIMIT " +
                                              query.value(SamplePage::counted_up_to + 1) + ")");
    if (!rows) return base::fail(rows.error());
    page.total = rows->front().integer(0);
    page.total_is_exact = page.total <= SamplePage::counted_up_to;
    if (page.total_is_exact) return {};
    const auto given = static_cast<std::int64_t>(asked.offset + page.samples.size());
    page.total = std::max(SamplePage::counted_up_to, given + (page.next ? 1 : 0));
    return {};
}

}  // namespace

std::string_view name(SampleSort sort) {
    switch (sort) {
        case SampleSort::submitted_at:
            return "submitted_at";
        case SampleSort::filename:
            return "filename";
        case SampleSort::score:
            return "score";
    }
    return {};
}

std::optional<SampleSort> sample_sort_of(std::string_view wanted) {
    for (const SampleSort sort : {SampleSort::submitted_at, SampleSort::filename, SampleSort::score})
        if (name(sort) == wanted) return sort;
    return {};
}

Result<SamplePage> Samples::page(const Viewer& viewer, const SampleFilter& filter, const SamplePaging& paging) {
    const SampleSort sort = sort_of(filter, paging.sort);
    constexpr std::size_t furthest = std::numeric_limits<std::int32_t>::max();
    Asked asked{viewer,
                filter,
                sort,
                paging.descending,
                std::clamp<std::size_t>(paging.limit, 1, most_of_page),
                std::min(paging.offset, furthest),
                std::nullopt,
                {},
                0,
                no_number};
    if (!paging.cursor.empty()) {
        asked.behind = place_of(sort, paging.cursor);
        if (!asked.behind) {
            return base::fail(ErrorKind::input, "cursor_invalid", "The cursor is none that this list gave out.",
                              "Begin with the first page.");
        }
    }
    constexpr std::chrono::seconds patience{3};
    const Database::Patience bounded(*database_, patience);
    auto match = match_of(*database_, viewer, filter);
    if (!match) return base::fail(match.error());
    SamplePage page;
    if (!*match) return page;
    asked.match = std::move(**match);
    if (auto bound = bound_by_hours(*database_, asked); !bound) return base::fail(bound.error());
    if (auto bound = bound_by_id(*database_, asked); !bound) return base::fail(bound.error());

    const auto found = hits(*database_, asked);
    if (!found) return base::fail(found.error());
    for (std::size_t i = 0; i < std::min(found->size(), asked.limit); ++i) {
        auto sample = sample_by_number(*database_, (*found)[i].number);
        if (!sample) return base::fail(sample.error());
        // The index is not trusted with what must never be wrong.
        if (*sample && may_see(viewer, (*sample)->owner)) page.samples.push_back(std::move(**sample));
    }
    if (found->size() > asked.limit) page.next = cursor_of(sort, (*found)[asked.limit - 1]);
    if (paging.count) {
        if (auto counted = count(*database_, asked, page); !counted) return base::fail(counted.error());
    }
    return page;
}

}  // namespace gatehouse::records
