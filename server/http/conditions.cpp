#include "server/http/conditions.hpp"

#include "server/http/date.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace gatehouse::http {

namespace {

enum class Comparison { strong, weak };  // RFC 9110 section 8.8.3.2

std::string_view without_weakness(std::string_view etag) {
    return etag.starts_with("W/") ? etag.substr(2) : etag;
}

bool same_etag(std::string_view left, std::string_view right, Comparison comparison) {
    if (comparison == Comparison::strong) return left == right && !left.starts_with("W/");
    return without_weakness(left) == without_weakness(right);
}

// Whether a list of entity tags, or "*", holds this one. What follows a malformed member is not looked at.
bool lists(std::string_view list, std::string_view etag, Comparison comparison) {
    if (list == "*") return true;
    while (true) {
        const auto begin = list.find_first_not_of(", \t");
        if (begin == std::string_view::npos) return false;
        list.remove_prefix(begin);
        const std::size_t quote = list.starts_with("W/") ? 2 : 0;
        if (quote >= list.size() || list[quote] != '"') return false;
        const auto end = list.find('"', quote + 1);
        if (end == std::string_view::npos) return false;
        if (same_etag(list.substr(0, end + 1), etag, comparison)) return true;
        list.remove_prefix(end + 1);
    }
}

// The fields that matter, gathered in one pass: most requests have none of them.
struct Conditions {
    bool any = false;
    bool has_match = false;
    bool match = false;
    bool has_none_match = false;
    bool none_match = false;  // one of the listed tags is the file's
    std::optional<std::string_view> unmodified_since;
    std::optional<std::string_view> modified_since;
    std::optional<std::string_view> range;
    std::optional<std::string_view> if_range;
    bool ranges_repeated = false;
};

void gather(const HeaderField& field, std::string_view etag, Conditions& found) {
    const auto [name, value] = field;
    switch (name.size()) {
        case 5:
            if (!same_name(name, "Range")) return;
            found.ranges_repeated = found.range.has_value();
            found.range = value;
            break;
        case 8:
            if (same_name(name, "If-Match")) {
                found.has_match = true;
                found.match = found.match || lists(value, etag, Comparison::strong);
            } else if (same_name(name, "If-Range")) {
                found.if_range = value;
            } else {
                return;
            }
            break;
        case 13:
            if (!same_name(name, "If-None-Match")) return;
            found.has_none_match = true;
            found.none_match = found.none_match || lists(value, etag, Comparison::weak);
            break;
        case 17:
            if (!same_name(name, "If-Modified-Since")) return;
            found.modified_since = value;
            break;
        case 19:
            if (!same_name(name, "If-Unmodified-Since")) return;
            found.unmodified_since = value;
            break;
        default:
            return;
    }
    found.any = true;
}

// Digits of a position; what is beyond 2^64 - 1 counts as that. nullopt: not a number.
std::optional<std::uint64_t> position(std::string_view digits) {
    if (digits.empty()) return std::nullopt;
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        value = value > (largest - digit) / 10 ? largest : value * 10 + digit;
    }
    return value;
}

// One range of bytes (RFC 9110 section 14.1.2); whatever else it is, the whole file.
Selection select_range(std::string_view range, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (!same_name(range.substr(0, unit.size()), unit)) return {};
    range.remove_prefix(unit.size());
    const auto dash = range.find('-');
    if (dash == std::string_view::npos) return {};
    const auto last = position(range.substr(dash + 1));
    if (dash == 0) {  // the last so many bytes
        if (!last) return {};
        const auto count = std::min(*last, size);
        if (count == 0) return {Selected::unsatisfiable};
        return {Selected::part, size - count, count};
    }
    const auto first = position(range.substr(0, dash));
    const bool open = dash + 1 == range.size();
    if (!first || (!open && (!last || *last < *first))) return {};
    if (*first >= size) return {Selected::unsatisfiable};
    const auto end = open ? size - 1 : std::min(*last, size - 1);
    return {Selected::part, *first, end - *first + 1};
}

// RFC 9110 section 13.1.5: the range is meant for exactly this state of the file.
bool range_applies(std::string_view if_range, const Validators& validators) {
    if (if_range.starts_with('"') || if_range.starts_with("W/")) {
        return same_etag(if_range, validators.etag, Comparison::strong);
    }
    // A file whose tag is weak changed within the second that its date can tell apart.
    return validators.modified && !validators.weak() && parse_date(if_range) == validators.modified;
}

std::optional<Selected> judge(const Conditions& found, const Validators& validators) {
    const auto date = [&](const std::optional<std::string_view>& text) {
        return text && validators.modified ? parse_date(*text) : std::nullopt;
    };
    if (found.has_match) {
        if (!found.match) return Selected::precondition_failed;
    } else if (const auto since = date(found.unmodified_since); since && validators.modified > *since) {
        return Selected::precondition_failed;
    }
    if (found.has_none_match) {
        if (found.none_match) return Selected::not_modified;
    } else if (const auto since = date(found.modified_since); since && validators.modified <= *since) {
        return Selected::not_modified;
    }
    return std::nullopt;
}

}  // namespace

Selection select(const Request& request, const Validators& validators, std::uint64_t size) {
    Conditions found;
    for (const auto& field : request.fields)
        gather(field, validators.etag, found);
    if (!found.any) return {};
    if (const auto judged = judge(found, validators)) return {*judged};
    if (request.method != Method::get || !found.range || found.ranges_repeated) return {};
    if (found.if_range && !range_applies(*found.if_range, validators)) return {};
    return select_range(*found.range, size);
}

}  // namespace gatehouse::http
