#include "server/http/date.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace gatehouse::http {

namespace {

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                        "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_number(unsigned value, unsigned digits, std::string& out) {
    const auto begin = out.size();
    out.append(digits, '0');
    for (unsigned i = digits; i > 0; --i, value /= 10)
        out[begin + i - 1] = static_cast<char>('0' + value % 10);
}

// Takes a date apart from left to right; once something does not fit, nothing fits any more.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    void expect(std::string_view literal) {
        sound_ = sound_ && rest_.starts_with(literal);
        if (sound_) rest_.remove_prefix(literal.size());
    }
    template <std::size_t n>
    unsigned one_of(const std::array<std::string_view, n>& names) {
        const auto found = std::find_if(names.begin(), names.end(), [&](auto name) { return rest_.starts_with(name); });
        if (!sound_ || found == names.end()) {
            sound_ = false;
            return 0;
        }
        rest_.remove_prefix(found->size());
        return static_cast<unsigned>(found - names.begin());
    }
    unsigned number(unsigned digits, char padding = '0') {
        unsigned value = 0;
        for (unsigned i = 0; i < digits; ++i) {
            const char c = rest_.empty() ? 'x' : rest_.front();
            if (i == 0 && c == padding && padding != '0') {
                rest_.remove_prefix(1);
                continue;
            }
            if (c < '0' || c > '9') {
                sound_ = false;
                return 0;
            }
            value = value * 10 + static_cast<unsigned>(c - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }
    [[nodiscard]] bool done() const { return sound_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool sound_ = true;
};

struct Moment {
    unsigned year = 0;
    unsigned month = 0;  // 0 to 11
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
};

void scan_time(Scanner& scanner, Moment& moment) {
    moment.hour = scanner.number(2);
    scanner.expect(":");
    moment.minute = scanner.number(2);
    scanner.expect(":");
    moment.second = scanner.number(2);
}

std::optional<std::int64_t> seconds_of(const Moment& moment) {
    namespace chrono = std::chrono;
    const chrono::year_month_day date{chrono::year(static_cast<int>(moment.year)), chrono::month(moment.month + 1),
                                      chrono::day(moment.day)};
    // 60 is a leap second.
    if (!date.ok() || moment.hour > 23 || moment.minute > 59 || moment.second > 60) return std::nullopt;
    const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
    return ((days * 24 + moment.hour) * 60 + moment.minute) * 60 + moment.second;
}

}  // namespace

std::string format_date(std::int64_t seconds) {
    namespace chrono = std::chrono;
    const chrono::sys_seconds moment{chrono::seconds(seconds)};
    const auto day = chrono::floor<chrono::days>(moment);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss time(moment - day);
    std::string out;
    out.reserve(29);
    out.append(weekdays[chrono::weekday(day).c_encoding()]).append(", ");
    append_number(static_cast<unsigned>(date.day()), 2, out);
    out.append(" ").append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
    append_number(static_cast<unsigned>(static_cast<int>(date.year())), 4, out);
    out.append(" ");
    append_number(static_cast<unsigned>(time.hours().count()), 2, out);
    out.append(":");
    append_number(static_cast<unsigned>(time.minutes().count()), 2, out);
    out.append(":");
    append_number(static_cast<unsigned>(time.seconds().count()), 2, out);
    out.append(" GMT");
    return out;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
    Moment moment;
    Scanner scanner(text);
    const auto comma = text.find(',');
    if (comma == 3) {  // Sun, 06 Nov 1994 08:49:37 GMT
        static_cast<void>(scanner.one_of(weekdays));
        scanner.expect(", ");
        moment.day = scanner.number(2);
        scanner.expect(" ");
        moment.month = scanner.one_of(months);
        scanner.expect(" ");
        moment.year = scanner.number(4);
        scanner.expect(" ");
        scan_time(scanner, moment);
        scanner.expect(" GMT");
    } else if (comma != std::string_view::npos) {  // Sunday, 06-Nov-94 08:49:37 GMT
        static_cast<void>(scanner.one_of(long_weekdays));
        scanner.expect(", ");
        moment.day = scanner.number(2);
        scanner.expect("-");
        moment.month = scanner.one_of(months);
        scanner.expect("-");
        const unsigned year = scanner.number(2);
        moment.year = year + (year < 70 ? 2000 : 1900);
        scanner.expect(" ");
        scan_time(scanner, moment);
        scanner.expect(" GMT");
    } else {  // Sun Nov  6 08:49:37 1994
        static_cast<void>(scanner.one_of(weekdays));
        scanner.expect(" ");
        moment.month = scanner.one_of(months);
        scanner.expect(" ");
        moment.day = scanner.number(2, ' ');
        scanner.expect(" ");
        scan_time(scanner, moment);
        scanner.expect(" ");
        moment.year = scanner.number(4);
    }
    if (!scanner.done()) return std::nullopt;
    return seconds_of(moment);
}

}  // namespace gatehouse::http
