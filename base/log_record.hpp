// One event of the log in the forms it is written in. Pure functions of a record; any thread. Nothing that comes in can
// forge a second record: control characters and line breaks are escaped in every form.
#pragma once

#include "base/log.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::base {

/// An event; views, so it lives no longer than the call that writes it.
struct LogRecord {
    std::string time;  ///< RFC 3339, UTC, milliseconds
    LogLevel level = LogLevel::info;
    std::string_view event;
    std::string_view message;
    std::initializer_list<LogField> fields;
};

/// The present time as RFC 3339 in UTC with milliseconds.
[[nodiscard]] std::string rfc3339_now();

[[nodiscard]] std::string_view name(LogLevel level);

/// syslog(3) priority: debug 7, info 6, warning 4, error 3.
[[nodiscard]] int priority(LogLevel level);

/// `EVENT: MESSAGE (name=value ...)`, without line end. Values with spaces or quotes stand in double quotes; control
/// characters, other line breaks, direction marks and broken UTF-8 appear as \n, \xHH or \u{HHHH}.
[[nodiscard]] std::string message_text(const LogRecord& record);

/// `TIME LEVEL ` and the above.
[[nodiscard]] std::string text_line(const LogRecord& record);

/// One JSON object on one line: time, level, priority, event, message, then each field as a string member (one whose
/// name is taken gets an underscore). Broken UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_line(const LogRecord& record);

/// The fields for the journal, as NAME=VALUE: MESSAGE (`text`), PRIORITY, SYSLOG_IDENTIFIER, GATEHOUSE_EVENT and
/// GATEHOUSE_NAME for each field.
[[nodiscard]] std::vector<std::string> journal_fields(const LogRecord& record, std::string_view text);

}  // namespace gatehouse::base
