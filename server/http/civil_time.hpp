// A moment as a calendar and a clock in UTC show it, and taking its written forms apart: for http/date and
// http/rfc3339. Pure; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

struct CivilTime {
    unsigned year = 0;
    unsigned month = 1;  ///< 1 to 12
    unsigned day = 1;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
};

/// Seconds since 1970-01-01 00:00:00 UTC; nullopt where there is no such day or time. Second 60 is a leap second, which
/// is taken for the one after it.
[[nodiscard]] std::optional<std::int64_t> seconds_of(const CivilTime& time);

/// For years 0 to 9999.
[[nodiscard]] CivilTime civil_time(std::int64_t seconds);

/// Appends a number with so many digits, zeros first.
void append_digits(unsigned value, unsigned digits, std::string& out);

/// Takes a written time apart from left to right; once something does not fit, nothing fits any more.
class TimeScanner {
public:
    explicit TimeScanner(std::string_view text) : rest_(text) {}

    void expect(std::string_view literal);
    /// Index of the name that follows; 0 where none of them does.
    template <std::size_t n>
    std::size_t one_of(const std::array<std::string_view, n>& names) {
        const auto found = std::find_if(names.begin(), names.end(), [&](auto name) { return rest_.starts_with(name); });
        if (!sound_ || found == names.end()) {
            sound_ = false;
            return 0;
        }
        rest_.remove_prefix(found->size());
        return static_cast<std::size_t>(found - names.begin());
    }
    /// A number of so many digits. The first one may be `padding` instead.
    unsigned number(unsigned digits, char padding = '0');
    /// HH:MM:SS
    void clock(CivilTime& time);

    /// For what no reading tells: false ends it like anything that does not fit.
    void require(bool holds) { sound_ = sound_ && holds; }
    /// What follows, or NUL at the end.
    [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }
    [[nodiscard]] bool done() const { return sound_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool sound_ = true;
};

}  // namespace gatehouse::http
