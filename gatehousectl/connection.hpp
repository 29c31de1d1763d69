// A connection to the daemon's console socket, with a time-out on everything. Its errors are for who stands in front of
// the box: what is the matter and what to do. Owned by the client; one thread.
#pragma once

#include "base/descriptor.hpp"
#include "gatehousectl/failure.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl {

/// Which socket, and where that was said.
struct ConsoleSocket {
    std::filesystem::path path;
    std::string named_by;  ///< "--socket", a configuration file, or "the default"
};

/// Until when something is waited for. One for a whole answer, so that whoever drips it byte by byte gains nothing.
class Deadline {
public:
    explicit Deadline(std::chrono::milliseconds patience)
        : patience_(patience), at_(std::chrono::steady_clock::now() + patience) {}

    [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }  ///< the whole of it
    [[nodiscard]] std::chrono::steady_clock::time_point at() const { return at_; }

private:
    std::chrono::milliseconds patience_;
    std::chrono::steady_clock::time_point at_;
};

class Connection {
public:
    /// daemon_not_running, daemon_denied, or usage for a path that no socket can have.
    [[nodiscard]] static Outcome<Connection> open(const ConsoleSocket& socket, std::chrono::milliseconds patience);

    /// Sends all of `bytes`; false: the daemon answers, or has closed, before it had them all, so reading tells why.
    [[nodiscard]] Outcome<bool> send(std::string_view bytes, const Deadline& deadline);
    /// Whether there is something to read, or the daemon has closed, within that time.
    [[nodiscard]] bool has_something(std::chrono::milliseconds within) const;
    /// Reads at least one byte into `out`, and says how many; 0: the daemon has closed. Fails with daemon_silent where
    /// nothing has come by then.
    [[nodiscard]] Outcome<std::size_t> receive(std::span<char> out, const Deadline& deadline);

private:
    Connection(base::Descriptor socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}

    base::Descriptor socket_;
    std::string path_;
};

}  // namespace gatehouse::gatehousectl
