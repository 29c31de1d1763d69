#include "records/time_phrase.hpp"

#include "base/text.hpp"
#include "records/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::size_t longest_phrase = 64;
constexpr std::size_t longest_number = 6;

// The words of a phrase, in lower case.
std::vector<std::string> words_of(std::string_view phrase) {
    std::vector<std::string> words;
    bool inside = false;
    for (const char c : lower_case(phrase)) {
        const bool blank = c == ' ' || c == '\t';
        if (!blank && !inside) words.emplace_back();
        if (!blank) words.back() += c;
        inside = !blank;
    }
    return words;
}

// The number that `digits`, one to eighteen digits and nothing else, are.
std::optional<std::int64_t> number_in(std::string_view digits) {
    constexpr std::size_t most_digits = 18;
    if (digits.empty() || digits.size() > most_digits || !std::ranges::all_of(digits, base::is_digit)) return {};
    std::int64_t number = 0;
    for (const char c : digits)
        number = number * 10 + (c - '0');
    return number;
}

// ---- "30 days ago", "last hour"

std::optional<seconds> unit_of(std::string_view word) {
    using namespace std::chrono_literals;
    struct Unit {
        std::string_view name;
        seconds length;
    };
    constexpr std::array units{Unit{"second", 1s},      Unit{"sec", 1s},        Unit{"minute", 60s}, Unit{"min", 60s},
                               Unit{"hour", 1h},        Unit{"hr", 1h},         Unit{"day", 24h},    Unit{"week", 168h},
                               Unit{"month", 30 * 24h}, Unit{"year", 365 * 24h}};
    if (word.ends_with('s')) word.remove_suffix(1);
    const auto found = std::ranges::find(units, word, &Unit::name);
    if (found == units.end()) return {};
    return found->length;
}

std::optional<seconds> span_of(std::string_view count, std::string_view unit) {
    const auto length = unit_of(unit);
    if (!length) return {};
    if (count == "a" || count == "an" || count == "one") return length;
    if (count.size() > longest_number) return {};
    const auto number = number_in(count);
    if (!number) return {};
    return *length * *number;
}

std::optional<Time> relative(const std::vector<std::string>& words, Time now) {
    const auto before = [&](std::optional<seconds> span) -> std::optional<Time> {
        if (!span) return {};
        // In seconds: as microseconds what lies far back overflows.
        return std::chrono::floor<seconds>(now).time_since_epoch() < *span ? Time{} : now - *span;
    };
    const auto today = std::chrono::floor<std::chrono::days>(now);
    if (words.size() == 1) {
        if (words[0] == "now") return now;
        if (words[0] == "today") return today;
        if (words[0] == "yesterday") return today - std::chrono::days(1);
        return {};
    }
    const bool reaches_back = words[0] == "last" || words[0] == "past";
    if (reaches_back && words.size() == 2) return before(span_of("one", words[1]));
    if (reaches_back && words.size() == 3) return before(span_of(words[1], words[2]));
    if (words.size() == 3 && words[2] == "ago") return before(span_of(words[0], words[1]));
    return {};
}

// ---- dates

// Reads a text from its beginning; what does not fit makes everything after it fail too.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool fits() const { return fits_; }
    [[nodiscard]] bool at_end() const { return fits_ && rest_.empty(); }
    [[nodiscard]] bool next_is(std::string_view any) const {
        return fits_ && !rest_.empty() && any.find(rest_.front()) != std::string_view::npos;
    }
    bool take_if(std::string_view any) {
        if (!next_is(any)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(std::string_view any) { fits_ = take_if(any); }
    /// Exactly so many digits that are at most `most`.
    int digits(std::size_t count, int most) {
        const auto number = fits_ && rest_.size() >= count ? number_in(rest_.substr(0, count)) : std::nullopt;
        fits_ = number.has_value() && *number <= most;
        if (!fits_) return 0;
        rest_.remove_prefix(count);
        return static_cast<int>(*number);
    }
    /// One and more digits behind a point, of which six count.
    microseconds fraction() {
        std::int64_t value = 0;
        std::size_t count = 0;
        for (; !rest_.empty() && base::is_digit(rest_.front()); rest_.remove_prefix(1), ++count)
            if (count < 6) value = value * 10 + (rest_.front() - '0');
        fits_ = fits_ && count > 0;
        for (; count < 6; ++count)
            value *= 10;
        return microseconds(value);
    }

private:
    std::string_view rest_;
    bool fits_ = true;
};

constexpr int last_hour = 23;
constexpr int last_minute = 59;
constexpr int leap_second = 60;

microseconds time_of_day(Reader& reader) {
    microseconds time = std::chrono::hours(reader.digits(2, last_hour));
    reader.expect(":");
    time += std::chrono::minutes(reader.digits(2, last_minute));
    if (!reader.take_if(":")) return time;
    time += seconds(reader.digits(2, leap_second));
    if (reader.take_if(".,")) time += reader.fraction();
    return time;
}

// What stands behind a time of day: nothing and Z are UTC.
seconds offset(Reader& reader) {
    if (reader.at_end() || reader.take_if("z")) return {};
    const bool east = reader.next_is("+");
    reader.expect("+-");
    seconds offset = std::chrono::hours(reader.digits(2, last_hour));
    reader.take_if(":");
    offset += std::chrono::minutes(reader.digits(2, last_minute));
    return east ? offset : -offset;
}

// `text` in lower case, with single blanks.
std::optional<Time> date(std::string_view text) {
    constexpr int last_year = 9999;
    Reader reader(text);
    const int year = reader.digits(4, last_year);
    reader.expect("-");
    const int month = reader.digits(2, 12);
    reader.expect("-");
    const int day = reader.digits(2, 31);
    if (!reader.fits()) return {};
    const std::chrono::year_month_day day_of_year{std::chrono::year(year),
                                                  std::chrono::month(static_cast<unsigned>(month)),
                                                  std::chrono::day(static_cast<unsigned>(day))};
    if (!day_of_year.ok()) return {};
    Time time = std::chrono::sys_days(day_of_year);
    if (reader.at_end()) return time;
    reader.expect("t ");
    time += time_of_day(reader);
    reader.take_if(" ");
    time -= offset(reader);
    if (!reader.at_end()) return {};
    return time;
}

std::optional<Time> unix_seconds(std::string_view text) {
    constexpr std::size_t fewest = 9;
    constexpr std::size_t most = 11;
    const std::size_t point = std::min(text.find('.'), text.size());
    if (point < fewest || point > most) return {};
    const auto whole = number_in(text.substr(0, point));
    if (!whole) return {};
    const Time time = Time(seconds(*whole));
    if (point == text.size()) return time;
    Reader reader(text.substr(point + 1));
    const microseconds fraction = reader.fraction();
    if (!reader.at_end()) return {};
    return time + fraction;
}

}  // namespace

Result<Time> time_of_phrase(std::string_view phrase, Time now) {
    if (phrase.size() <= longest_phrase) {
        const auto words = words_of(phrase);
        std::optional<Time> time;
        if (!words.empty()) time = relative(words, now);
        if (!time && words.size() <= 3) time = date(base::joined(words, " "));
        if (!time && words.size() == 1) time = unix_seconds(words[0]);
        if (time) return std::max(*time, Time{});
    }
    return base::fail(ErrorKind::input, "time_invalid",
                      "'" + printable(phrase, longest_phrase) + "' is no time that is understood here.",
                      "Write it like 2025-01-31, 2025-01-31T10:00:00Z, 30 days ago, last hour, or as Unix seconds.");
}

}  // namespace gatehouse::records
