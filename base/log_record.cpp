#include "base/log_record.hpp"

#include "base/printable.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace gatehouse::base {

namespace {

void append_value(std::string& out, std::string_view value) {
    const bool quoted = value.empty() || value.find_first_of(" \"=()\\") != std::string_view::npos;
    if (quoted) out += '"';
    out += printable(value, quoted);
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
    std::string text = printable(record.event) + ": " + printable(record.message);
    std::string_view before = " (";
    for (const LogField& field : record.fields) {
        text += before;
        text += printable(field.name);
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
