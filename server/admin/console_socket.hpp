// The console socket: the admin door's routes, and those for the console alone, for whoever is root on the box or the
// daemon's own user (told by the kernel, unix(7) SO_PEERCRED). HTTP/1.1 without TLS over a Unix socket. Owned by the
// appliance; everything, handlers included, runs on one executor that is single-threaded and no I/O worker's.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "server/http/router.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <memory>

namespace gatehouse::admin {

/// Nobody but root comes here, but a mistake should not take all memory.
struct ConsoleLimits {
    std::size_t header_bytes = 16384;
    std::size_t connections = 32;
};

class Console {
public:
    Console(const boost::asio::any_io_executor& executor, base::Log& log, std::shared_ptr<const http::Router> router,
            ConsoleLimits limits = {});
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    /// Ends all connections; the executor must run or never run again.
    ~Console();

    /// Listens at `path`, making its folder where it is missing; a socket left there by a daemon that is gone is
    /// replaced (the caller holds the state directory's lock). Errors: conflict/console_path_taken (something else lies
    /// there), io/console_not_listening.
    [[nodiscard]] base::Result<void> listen(const std::filesystem::path& path);

    /// No connection is accepted any more, and those there are end. The socket's file goes away.
    void stop();

private:
    class Listener;
    std::shared_ptr<Listener> listener_;
};

/// Lets everyone in who came this far: whom the console asks nothing more.
[[nodiscard]] http::Gate console_gate();

}  // namespace gatehouse::admin
