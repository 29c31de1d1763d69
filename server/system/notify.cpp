#include "server/system/notify.hpp"

#include "base/advice.hpp"
#include "base/log_record.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <ctime>

namespace gatehouse::system {

namespace {

// The protocol is lines of NAME=VALUE, so a line break in a status would be a message of its own. The log's rules for
// text that must stay on one line hold here too; systemd drops a status that is no UTF-8.
std::string status_line(std::string_view text) {
    constexpr std::string_view event = "status";
    // systemd drops a whole message of more than 4096 bytes, READY=1 with it.
    constexpr std::size_t longest = 2048;
    std::string line = base::message_text({{}, base::LogLevel::info, event, text, {}}).substr(event.size() + 2);
    if (line.size() > longest) {
        std::size_t end = longest;
        while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U)
            --end;  // not inside a character
        line.resize(end);
    }
    return "STATUS=" + line;
}

std::uint64_t monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000U + static_cast<std::uint64_t>(now.tv_nsec) / 1'000U;
}

}  // namespace

void Notify::ready(std::string_view status) {
    send("READY=1\n" + status_line(status));
}

void Notify::reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()));
}

void Notify::status(std::string_view text) {
    send(status_line(text));
}

void Notify::stopping() {
    send("STOPPING=1");
}

void Notify::watchdog() {
    send("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> Notify::watchdog_interval() const {
    std::uint64_t microseconds = 0;
    const int enabled = ::sd_watchdog_enabled(0, &microseconds);
    if (enabled < 0) {
        log_.warning("system.watchdog", "WATCHDOG_USEC or WATCHDOG_PID holds no number: the watchdog will not be fed.");
    }
    if (enabled <= 0) return std::nullopt;
    return std::chrono::microseconds(microseconds);
}

void Notify::send(const std::string& message) {
    const int sent = ::sd_notify(0, message.c_str());
    if (sent >= 0 || complained_.exchange(true)) return;
    log_.warning("system.notify", "systemd could not be told how the service is: " + base::words_of(-sent) +
                                      ". Check NOTIFY_SOCKET, and NotifyAccess= in the unit. This is said once.");
}

}  // namespace gatehouse::system
