// The log: one line per event on stderr (text or JSON), and to the journal with fields where stderr is the journal.
// Owned by main and handed down by reference; thread-safe. Nothing secret is ever passed to it: fields are plain
// strings and a Secret does not convert to one.
#pragma once

#include <atomic>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gatehouse::base {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

/// One named value of an event, e.g. {"interface", "clean"}.
struct LogField {
    std::string_view name;
    std::string value;
};

class Log {
public:
    explicit Log(LogLevel level = LogLevel::info, LogFormat format = LogFormat::text);
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    ~Log() = default;

    /// Takes effect with the next event.
    void configure(LogLevel level, LogFormat format);
    [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }

    /// `event` is a stable dotted name (docs/operating.md lists them); `message` is for people.
    void write(LogLevel level, std::string_view event, std::string_view message,
               std::initializer_list<LogField> fields = {});

    void debug(std::string_view event, std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::debug, event, message, fields);
    }
    void info(std::string_view event, std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::info, event, message, fields);
    }
    void warning(std::string_view event, std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::warning, event, message, fields);
    }
    void error(std::string_view event, std::string_view message, std::initializer_list<LogField> fields = {}) {
        write(LogLevel::error, event, message, fields);
    }

private:
    std::atomic<LogLevel> level_;
    std::atomic<LogFormat> format_;
    bool journal_;   // stderr is a journal stream: send fields instead of lines
    bool terminal_;  // a person is looking: no <priority> prefix
};

}  // namespace gatehouse::base
