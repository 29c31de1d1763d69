#include "server/http/civil_time.hpp"

#include <chrono>

namespace gatehouse::http {

namespace chrono = std::chrono;

std::optional<std::int64_t> seconds_of(const CivilTime& time) {
    const chrono::year_month_day date{chrono::year(static_cast<int>(time.year)), chrono::month(time.month),
                                      chrono::day(time.day)};
    if (!date.ok() || time.hour > 23 || time.minute > 59 || time.second > 60) return std::nullopt;
    const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
    return ((days * 24 + time.hour) * 60 + time.minute) * 60 + time.second;
}

CivilTime civil_time(std::int64_t seconds) {
    const chrono::sys_seconds moment{chrono::seconds(seconds)};
    const auto day = chrono::floor<chrono::days>(moment);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss clock(moment - day);
    return {static_cast<unsigned>(static_cast<int>(date.year())),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            static_cast<unsigned>(clock.hours().count()),
            static_cast<unsigned>(clock.minutes().count()),
            static_cast<unsigned>(clock.seconds().count())};
}

void append_digits(unsigned value, unsigned digits, std::string& out) {
    const auto begin = out.size();
    out.append(digits, '0');
    for (unsigned i = digits; i > 0; --i, value /= 10)
        out[begin + i - 1] = static_cast<char>('0' + value % 10);
}

void TimeScanner::expect(std::string_view literal) {
    sound_ = sound_ && rest_.starts_with(literal);
    if (sound_) rest_.remove_prefix(literal.size());
}

unsigned TimeScanner::number(unsigned digits, char padding) {
    unsigned value = 0;
    for (unsigned i = 0; i < digits; ++i) {
        const char c = next();
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

void TimeScanner::clock(CivilTime& time) {
    time.hour = number(2);
    expect(":");
    time.minute = number(2);
    expect(":");
    time.second = number(2);
}

}  // namespace gatehouse::http
