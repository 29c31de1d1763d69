// Pages of users. A page begins behind a place: whether the user before it was pending, its sort key and its number.
// The cursor is that place, with the order that it is a place in.
#include "base/hex.hpp"
#include "config/json_text.hpp"
#include "records/text.hpp"
#include "records/user_rows.hpp"
#include "records/users.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_user_search = 256;
constexpr std::string_view pending_first =
    "CASE WHEN devices.first_seen IS NOT NULL AND devices.let_in IS NULL "
    "THEN 0 ELSE 1 END";

struct Place {
    std::int64_t group = 0;  // 0: pending devices; 1: all others
    std::variant<std::int64_t, std::string> key;
    std::int64_t id = 0;
};

std::string key_of(UserSort by) {
    switch (by) {
        case UserSort::name:
            return "lower(users.name)";
        case UserSort::created:
            return "users.created";
        case UserSort::login:
            break;
    }
    return "lower(users.login)";
}

std::string mark_of(const UserOrder& order) {
    return std::string(1, "lnc"[static_cast<std::size_t>(order.by)]) + (order.descending ? "d" : "a");
}

std::string cursor_behind(const User& user, const UserOrder& order) {
    auto place = nlohmann::json::array({mark_of(order), user.registration && user.registration->pending ? 0 : 1});
    if (order.by == UserSort::created) {
        place.push_back(micros_of(user.created));
    } else {
        place.push_back(lower_case(order.by == UserSort::name ? user.name : user.login));
    }
    place.push_back(user.id);
    return base::to_hex(place.dump());
}

Result<Place> place_from(std::string_view cursor, const UserOrder& order) {
    const auto text = base::from_hex(std::string(cursor));
    const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
    const bool by_time = order.by == UserSort::created;
    if (json.is_array() && json.size() == 4 && json.dump() == *text && json[0] == mark_of(order) &&
        json[1].is_number_integer() && (by_time ? json[2].is_number_integer() : json[2].is_string()) &&
        json[3].is_number_integer()) {
        Place place{json[1].get<std::int64_t>(), {}, json[3].get<std::int64_t>()};
        if (by_time) {
            place.key = json[2].get<std::int64_t>();
        } else {
            place.key = json[2].get<std::string>();
        }
        return place;
    }
    return base::fail(ErrorKind::input, "cursor_invalid",
                      "The cursor is not one that an earlier page of this order gave.", "Begin with the first page.");
}

// Conditions and what they compare with. What is bound only looks at texts, which others keep.
struct Conditions {
    std::string sql = "WHERE 1 = 1";
    std::vector<Parameter> parameters = {};

    std::string bind(Parameter value) {
        parameters.push_back(value);
        return "$" + std::to_string(parameters.size());
    }
};

void narrow(Conditions& out, const UserFilter& filter, const std::string& pattern) {
    if (!filter.search.empty()) {
        const std::string like = " LIKE " + out.bind(pattern) + " ESCAPE '\\'";
        out.sql +=
            " AND (lower(users.login)" + like + " OR lower(users.name)" + like + " OR lower(users.email)" + like + ")";
    }
    if (filter.organization_id) out.sql += " AND users.organization_id = " + out.bind(*filter.organization_id);
    if (filter.role) out.sql += " AND users.role = " + out.bind(name(*filter.role));
    if (filter.pending) {
        out.sql += " AND " + std::string(pending_first) + (*filter.pending ? " = 0" : " = 1");
    }
}

void begin_behind(Conditions& out, const Place& place, const UserOrder& order) {
    const std::string group = out.bind(place.group);
    const std::string key = std::holds_alternative<std::string>(place.key)
                                ? out.bind(std::string_view(std::get<std::string>(place.key)))
                                : out.bind(std::get<std::int64_t>(place.key));
    const std::string id = out.bind(place.id);
    out.sql += " AND (" + std::string(pending_first) + " > " + group + " OR (" + std::string(pending_first) + " = " +
               group + " AND (" + key_of(order.by) + ", users.id) " + (order.descending ? "<" : ">") + " (" + key +
               ", " + id + ")))";
}

}  // namespace

Result<UserPage> Users::list(const UserFilter& filter, const UserOrder& order, std::string_view cursor,
                             std::size_t limit) {
    if (filter.search.size() > longest_user_search) {
        return base::fail(ErrorKind::input, "search_invalid", "The text to search for is longer than 256 bytes.");
    }
    const std::string pattern = pattern_of(filter.search);
    Conditions conditions;
    narrow(conditions, filter, pattern);
    Place place;
    if (!cursor.empty()) {
        auto from = place_from(cursor, order);
        if (!from) return base::fail(from.error());
        place = std::move(*from);
        begin_behind(conditions, place, order);
    }
    const std::size_t size = std::clamp<std::size_t>(limit, 1, most_of_page);
    const std::string direction = order.descending ? " DESC" : " ASC";
    // One more tells whether there is a next page.
    const std::string most = conditions.bind(static_cast<std::int64_t>(size + 1));
    const std::string sql = users_where(conditions.sql + " ORDER BY " + std::string(pending_first) + ", " +
                                        key_of(order.by) + direction + ", users.id" + direction + " LIMIT " + most);
    const auto rows = database_->query(sql, conditions.parameters);
    if (!rows) return base::fail(rows.error());
    UserPage page;
    for (std::size_t i = 0; i < std::min(rows->size(), size); ++i)
        page.users.push_back(user_of((*rows)[i]));
    if (rows->size() > size) page.next = cursor_behind(page.users.back(), order);
    return page;
}

}  // namespace gatehouse::records
