#include "gatehousectl/text.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::gatehousectl {

namespace {

struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

// Combining marks and joiners of the scripts that names are written in.
constexpr std::array zero_wide{
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489},  Range{0x0591, 0x05BD}, Range{0x0610, 0x061A}, Range{0x064B, 0x065F},
    Range{0x06D6, 0x06DC}, Range{0x0900, 0x0902},  Range{0x093C, 0x093C}, Range{0x0941, 0x0948}, Range{0x094D, 0x094D},
    Range{0x0E31, 0x0E31}, Range{0x0E34, 0x0E3A},  Range{0x0E47, 0x0E4E}, Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF},
    Range{0x200B, 0x200D}, Range{0x20D0, 0x20FF},  Range{0x302A, 0x302D}, Range{0x3099, 0x309A}, Range{0xFE00, 0xFE0F},
    Range{0xFE20, 0xFE2F}, Range{0xE0100, 0xE01EF}};

// East Asian wide and full-width characters, and pictures.
constexpr std::array two_wide{
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},   Range{0x3400, 0x4DBF},
    Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},   Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},
    Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1FAFF}, Range{0x20000, 0x3FFFD}};

template <std::size_t count>
bool among(std::uint32_t code, const std::array<Range, count>& ranges) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [code](const Range& range) { return code >= range.first && code <= range.last; });
}

struct Step {
    std::size_t bytes = 1;
    std::size_t columns = 1;
};

Step first_step(std::string_view text) {
    const base::Character next = base::first_character(text);
    if (next.length == 0) return {};
    if (among(next.code, zero_wide)) return {next.length, 0};
    return {next.length, among(next.code, two_wide) ? 2U : 1U};
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Step step = first_step(text);
        columns += step.columns;
        text.remove_prefix(step.bytes);
    }
    return columns;
}

std::size_t bytes_within(std::string_view text, std::size_t columns) {
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const Step step = first_step(text.substr(bytes));
        if (step.columns > columns && bytes > 0) break;
        bytes += step.bytes;
        columns -= std::min(columns, step.columns);
    }
    return bytes;
}

std::string grouped(std::string_view hex) {
    constexpr std::size_t group = 8;
    std::string out;
    for (std::size_t at = 0; at < hex.size(); at += group) {
        if (!out.empty()) out += ' ';
        out += hex.substr(at, group);
    }
    return out;
}

std::string time_text(std::string_view rfc3339) {
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
    if (rfc3339.size() <= form.size() || !rfc3339.ends_with('Z')) return std::string(rfc3339);
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] == 'd' ? !base::is_digit(rfc3339[i]) : form[i] != rfc3339[i]) return std::string(rfc3339);
    }
    return std::string(rfc3339.substr(0, 10)) + " " + std::string(rfc3339.substr(11, 8)) + " UTC";
}

std::string duration_text(std::int64_t seconds) {
    constexpr std::array<std::pair<std::int64_t, std::string_view>, 4> units{
        {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
    std::string out;
    int used = 0;
    for (const auto& [size, noun] : units) {
        const std::int64_t count = seconds / size;
        seconds %= size;
        if (used == 0 && count == 0 && size > 1) continue;
        if (used == 1 && count == 0) break;
        out += (used == 0 ? "" : " ") + counted(count, noun);
        if (++used == 2) break;
    }
    return out;
}

std::string counted(std::int64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace gatehouse::gatehousectl
