#include "base/log.hpp"

#include "base/log_record.hpp"

#define SD_JOURNAL_SUPPRESS_LOCATION  // else each event is said to come from this file
#include <systemd/sd-journal.h>

#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace gatehouse::base {

namespace {

// systemd says in JOURNAL_STREAM which "device:inode" is its journal; stderr may have been redirected since. Without
// the socket sd_journal_sendv drops records and calls it success.
bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
    if (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) != stream) return false;
    return ::access("/run/systemd/journal/socket", W_OK) == 0;
}

bool send_to_journal(const LogRecord& record, std::string_view text) {
    std::vector<std::string> fields = journal_fields(record, text);
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (std::string& field : fields)
        parts.push_back({field.data(), field.size()});
    return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) >= 0;
}

// One write per record, so that lines of several threads do not mix. A log that can't be written has nowhere to say so.
void send_to_stderr(std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return;
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

Log::Log(LogLevel level, LogFormat format)
    : level_(level), format_(format), journal_(stderr_is_journal()), terminal_(::isatty(STDERR_FILENO) == 1) {}

void Log::configure(LogLevel level, LogFormat format) {
    level_.store(level, std::memory_order_relaxed);
    format_.store(format, std::memory_order_relaxed);
}

void Log::write(LogLevel level, std::string_view event, std::string_view message,
                std::initializer_list<LogField> fields) {
    if (!enabled(level)) return;
    const LogRecord record{rfc3339_now(), level, event, message, fields};
    const bool json = format_.load(std::memory_order_relaxed) == LogFormat::json;
    // The journal keeps time and level itself.
    if (journal_ && send_to_journal(record, json ? json_line(record) : message_text(record))) return;
    std::string line = json ? json_line(record) : text_line(record);
    if (!json && !terminal_) line.insert(0, "<" + std::to_string(priority(level)) + ">");
    line += '\n';
    send_to_stderr(line);
}

}  // namespace gatehouse::base
