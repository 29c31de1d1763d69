#include "server/http/date.hpp"

#include "server/http/civil_time.hpp"

#include <array>
#include <chrono>

namespace gatehouse::http {

namespace {

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                        "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

unsigned month(TimeScanner& scanner) {
    return static_cast<unsigned>(scanner.one_of(months)) + 1;
}

}  // namespace

std::string format_date(std::int64_t seconds) {
    namespace chrono = std::chrono;
    const auto day = chrono::floor<chrono::days>(chrono::sys_seconds(chrono::seconds(seconds)));
    const CivilTime time = civil_time(seconds);
    std::string out;
    out.reserve(29);
    out.append(weekdays[chrono::weekday(day).c_encoding()]).append(", ");
    append_digits(time.day, 2, out);
    out.append(" ").append(months[time.month - 1]).append(" ");
    append_digits(time.year, 4, out);
    out.append(" ");
    append_digits(time.hour, 2, out);
    out.append(":");
    append_digits(time.minute, 2, out);
    out.append(":");
    append_digits(time.second, 2, out);
    out.append(" GMT");
    return out;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
    CivilTime moment;
    TimeScanner scanner(text);
    const auto comma = text.find(',');
    if (comma == 3) {  // Sun, 06 Nov 1994 08:49:37 GMT
        static_cast<void>(scanner.one_of(weekdays));
        scanner.expect(", ");
        moment.day = scanner.number(2);
        scanner.expect(" ");
        moment.month = month(scanner);
        scanner.expect(" ");
        moment.year = scanner.number(4);
        scanner.expect(" ");
        scanner.clock(moment);
        scanner.expect(" GMT");
    } else if (comma != std::string_view::npos) {  // Sunday, 06-Nov-94 08:49:37 GMT
        static_cast<void>(scanner.one_of(long_weekdays));
        scanner.expect(", ");
        moment.day = scanner.number(2);
        scanner.expect("-");
        moment.month = month(scanner);
        scanner.expect("-");
        const unsigned year = scanner.number(2);
        moment.year = year + (year < 70 ? 2000 : 1900);
        scanner.expect(" ");
        scanner.clock(moment);
        scanner.expect(" GMT");
    } else {  // Sun Nov  6 08:49:37 1994
        static_cast<void>(scanner.one_of(weekdays));
        scanner.expect(" ");
        moment.month = month(scanner);
        scanner.expect(" ");
        moment.day = scanner.number(2, ' ');
        scanner.expect(" ");
        scanner.clock(moment);
        scanner.expect(" ");
        moment.year = scanner.number(4);
    }
    if (!scanner.done()) return std::nullopt;
    return seconds_of(moment);
}

}  // namespace gatehouse::http
