#include "server/http/rfc3339.hpp"

#include "base/text.hpp"
#include "server/http/civil_time.hpp"

namespace gatehouse::http {

namespace chrono = std::chrono;

namespace {

std::string format_without_zone(chrono::sys_seconds moment) {
    const CivilTime time = civil_time(moment.time_since_epoch().count());
    std::string out;
    out.reserve(sizeof "2024-02-29T13:05:00.000250Z");
    append_digits(time.year, 4, out);
    out += '-';
    append_digits(time.month, 2, out);
    out += '-';
    append_digits(time.day, 2, out);
    out += 'T';
    append_digits(time.hour, 2, out);
    out += ':';
    append_digits(time.minute, 2, out);
    out += ':';
    append_digits(time.second, 2, out);
    return out;
}

chrono::microseconds scan_fraction(TimeScanner& scanner) {
    chrono::microseconds fraction{0};
    if (scanner.next() != '.') return fraction;
    scanner.expect(".");
    chrono::microseconds unit{100'000};
    do {
        fraction += unit * scanner.number(1);
        unit /= 10;
    } while (base::is_digit(scanner.next()));
    return fraction;
}

// What is to be taken off the local time.
chrono::minutes scan_offset(TimeScanner& scanner) {
    const char sign = scanner.next();
    if (sign != '+' && sign != '-') {
        scanner.expect(sign == 'z' ? "z" : "Z");
        return chrono::minutes(0);
    }
    scanner.expect({&sign, 1});
    const unsigned hours = scanner.number(2);
    scanner.expect(":");
    const unsigned minutes = scanner.number(2);
    scanner.require(hours <= 23 && minutes <= 59);
    const chrono::minutes offset = chrono::hours(hours) + chrono::minutes(minutes);
    return sign == '+' ? offset : -offset;
}

}  // namespace

std::string format_rfc3339(chrono::sys_seconds time) {
    return format_without_zone(time) + 'Z';
}

std::string format_rfc3339(Microseconds time) {
    const auto seconds = chrono::floor<chrono::seconds>(time);
    std::string out = format_without_zone(seconds);
    out += '.';
    append_digits(static_cast<unsigned>((time - seconds).count()), 6, out);
    out += 'Z';
    return out;
}

std::optional<Microseconds> parse_rfc3339(std::string_view text) {
    TimeScanner scanner(text);
    CivilTime time;
    time.year = scanner.number(4);
    scanner.expect("-");
    time.month = scanner.number(2);
    scanner.expect("-");
    time.day = scanner.number(2);
    scanner.expect(scanner.next() == 't' ? "t" : "T");
    scanner.clock(time);
    const auto fraction = scan_fraction(scanner);
    const auto offset = scan_offset(scanner);
    const auto seconds = seconds_of(time);
    if (!scanner.done() || !seconds) return std::nullopt;
    // An offset may lead out of the years that can be written.
    constexpr chrono::sys_seconds first(chrono::sys_days(chrono::year(0) / 1 / 1));
    constexpr chrono::sys_seconds beyond(chrono::sys_days(chrono::year(10000) / 1 / 1));
    const Microseconds moment = chrono::sys_seconds(chrono::seconds(*seconds)) + fraction - offset;
    if (moment < first || moment >= beyond) return std::nullopt;
    return moment;
}

}  // namespace gatehouse::http
