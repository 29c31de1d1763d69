#include "gatehousectl/times.hpp"

#include "base/printable.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>

namespace gatehouse::gatehousectl {

namespace {

// `form`: d stands for a digit.
bool has_form(std::string_view text, std::string_view form) {
    if (text.size() != form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == 'd' ? !digit : form[i] != text[i]) return false;
    }
    return true;
}

bool is_rfc3339(std::string_view text) {
    constexpr std::string_view to_seconds = "dddd-dd-ddTdd:dd:dd";
    if (!has_form(text.substr(0, to_seconds.size()), to_seconds)) return false;
    text.remove_prefix(to_seconds.size());
    if (text.starts_with('.')) {
        const auto end = text.find_first_not_of("0123456789", 1);
        if (end == 1 || end == std::string_view::npos) return false;
        text.remove_prefix(end);
    }
    return text == "Z" || has_form(text, "+dd:dd") || has_form(text, "-dd:dd");
}

std::optional<std::int64_t> seconds_in(std::string_view text) {
    if (text.size() < 2) return {};
    std::int64_t unit = 0;
    switch (text.back()) {
        case 's':
            unit = 1;
            break;
        case 'm':
            unit = 60;
            break;
        case 'h':
            unit = 3600;
            break;
        case 'd':
            unit = 86400;
            break;
        case 'w':
            unit = 604800;
            break;
        default:
            return {};
    }
    constexpr std::uint32_t most = 100'000;
    std::uint32_t count = 0;
    const char* last = text.data() + text.size() - 1;
    const auto [end, error] = std::from_chars(text.data(), last, count);
    if (error != std::errc() || end != last || count > most) return {};
    return count * unit;
}

std::string rfc3339(std::time_t time) {
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return text.data();
}

}  // namespace

Outcome<std::string> parse_time(std::string_view text, std::string_view option, Direction direction,
                                std::chrono::system_clock::time_point now) {
    if (is_rfc3339(text)) return std::string(text);
    if (has_form(text, "dddd-dd-dd")) return std::string(text) + "T00:00:00Z";
    if (const auto seconds = seconds_in(text)) {
        const std::time_t present = std::chrono::system_clock::to_time_t(now);
        return rfc3339(direction == Direction::past ? present - *seconds : present + *seconds);
    }
    return misused(std::string(option) + ": \"" + base::printable(text) + "\" is no point in time.",
                   "Write 2026-03-01, 2026-03-01T06:00:00Z, or a length of time such as 12h, 30d.");
}

}  // namespace gatehouse::gatehousectl
