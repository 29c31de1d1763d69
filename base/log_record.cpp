#include "base/log_record.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace gatehouse::base {

namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t length = 0;  // 0: no valid UTF-8 here
};

Character decode(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (length == 0 || first > 0xF4 || text.size() < length) return {};
    std::uint32_t code = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80) return {};
        code = (code << 6U) | (next & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < smallest[length] || code > 0x10FFFF || surrogate) return {};
    return {code, length};
}

// Characters that move the cursor, end a line or turn the direction of writing on a terminal.
bool is_unsafe(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200E ||
           code == 0x200F || code == 0xFEFF;
}

void append_escaped(std::string& out, std::string_view text, bool quoted) {
    std::array<char, 16> escape{};
    while (!text.empty()) {
        const Character next = decode(text);
        const std::size_t length = std::max<std::size_t>(next.length, 1);
        const char c = text.front();
        if (next.length == 0) {
            std::snprintf(escape.data(), escape.size(), "\\x%02X", static_cast<unsigned char>(c));
            out += escape.data();
        } else if (c == '\n') {
            out += "\\n";
        } else if (is_unsafe(next.code)) {
            std::snprintf(escape.data(), escape.size(), next.code < 0x100 ? "\\x%02X" : "\\u{%X}", next.code);
            out += escape.data();
        } else {
            if (quoted && (c == '"' || c == '\\')) out += '\\';
            out.append(text, 0, length);
        }
        text.remove_prefix(length);
    }
}

void append_value(std::string& out, std::string_view value) {
    const bool quoted = value.empty() || value.find_first_of(" \"=()\\") != std::string_view::npos;
    if (quoted) out += '"';
    append_escaped(out, value, quoted);
    if (quoted) out += '"';
}

std::string journal_name(std::string_view name) {
    std::string upper = "GATEHOUSE_";
    for (const char c : name) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        upper += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
    }
    constexpr std::size_t longest = 64;  // journald drops fields with longer names
    if (upper.size() > longest) upper.resize(longest);
    return upper;
}

}  // namespace

std::string rfc3339_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(ms % 1000));
    return text.data();
}

std::string_view name(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "error";
}

int priority(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return 7;
        case LogLevel::info:
            return 6;
        case LogLevel::warning:
            return 4;
        case LogLevel::error:
            return 3;
    }
    return 3;
}

std::string message_text(const LogRecord& record) {
    std::string text;
    append_escaped(text, record.event, false);
    text += ": ";
    append_escaped(text, record.message, false);
    std::string_view before = " (";
    for (const LogField& field : record.fields) {
        text += before;
        append_escaped(text, field.name, false);
        text += '=';
        append_value(text, field.value);
        before = " ";
    }
    if (record.fields.size() != 0) text += ')';
    return text;
}

std::string text_line(const LogRecord& record) {
    return record.time + " " + std::string(name(record.level)) + " " + message_text(record);
}

std::string json_line(const LogRecord& record) {
    nlohmann::ordered_json line;
    line["time"] = record.time;
    line["level"] = name(record.level);
    line["priority"] = priority(record.level);
    line["event"] = record.event;
    line["message"] = record.message;
    for (const LogField& field : record.fields) {
        std::string member(field.name);
        while (line.contains(member))
            member += '_';
        line[member] = field.value;
    }
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<std::string> journal_fields(const LogRecord& record, std::string_view text) {
    std::vector<std::string> fields;
    fields.push_back("MESSAGE=" + std::string(text));
    fields.push_back("PRIORITY=" + std::to_string(priority(record.level)));
    fields.push_back("SYSLOG_IDENTIFIER=gatehoused");
    fields.push_back("GATEHOUSE_EVENT=" + std::string(record.event));
    for (const LogField& field : record.fields)
        fields.push_back(journal_name(field.name) + "=" + field.value);
    return fields;
}

}  // namespace gatehouse::base
