// Tells systemd how the service is (sd_notify(3)): ready, reloading, stopping, what it is doing, and that it lives.
// Owned by the appliance, handed down by reference; any thread. Where nobody listens (no NOTIFY_SOCKET) every call
// does nothing.
#pragma once

#include "base/log.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::system {

class Notify {
public:
    /// A message that can't be sent is logged once, then silently tried again with each next one.
    explicit Notify(base::Log& log) : log_(log) {}
    Notify(const Notify&) = delete;
    Notify& operator=(const Notify&) = delete;
    ~Notify() = default;

    /// READY=1 with a status: start, or the reload begun by `reloading`, is done and its result is known.
    void ready(std::string_view status);
    /// RELOADING=1 with the time it began (MONOTONIC_USEC), as Type=notify-reload asks for.
    void reloading();
    /// One line for `systemctl status`; line breaks and control characters are escaped.
    void status(std::string_view text);
    void stopping();
    /// Feeds the watchdog.
    void watchdog();

    /// How long systemd waits for `watchdog` before it ends the service; none where it does not wait.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() const;

private:
    void send(const std::string& message);

    base::Log& log_;
    std::atomic<bool> complained_ = false;
};

}  // namespace gatehouse::system
