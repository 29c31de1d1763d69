#include "server/admin/console_socket.hpp"

#include "base/advice.hpp"
#include "base/broken_promise.hpp"
#include "server/http/date.hpp"
#include "server/http/incoming_body.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace gatehouse::admin {

namespace asio = boost::asio;
using asio::local::stream_protocol;

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t chunk_bytes = 16UL * 1024;

// The user at the other end; nullopt: the kernel does not say.
std::optional<uid_t> peer_of(int descriptor) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    return peer.uid;
}

// One client of the console.
class Visit {
public:
    Visit(stream_protocol::socket socket, std::shared_ptr<const http::Router> router, ConsoleLimits limits)
        : socket_(std::move(socket)), router_(std::move(router)), limits_(limits), woken_(socket_.get_executor()) {}

    void end() {
        boost::system::error_code ignored;  // closed, so that what waits on it ends
        socket_.close(ignored);
        woken_.cancel();
    }

    asio::awaitable<void> serve() {
        bool goes_on = true;
        while (goes_on && socket_.is_open())
            goes_on = co_await serve_one();
    }

private:
    asio::awaitable<bool> serve_one() {
        http::RequestParser parser;
        auto head = co_await read_head(parser);
        if (!head) co_return false;
        http::Response response;
        http::IncomingBody body;
        bool keep_alive = false;
        if (!*head) {
            response = http::problem(head->error());
        } else if (auto refused = co_await read_body(parser, body)) {
            response = http::problem(*refused);
        } else {
            http::Request& request = parser.request();
            request.body = body.bytes();
            keep_alive = request.keep_alive;
            auto answer = router_->handle(request);
            if (auto* at_once = std::get_if<http::Response>(&answer)) {
                response = std::move(*at_once);
            } else {
                response = co_await std::move(std::get<http::Later>(answer));
            }
        }
        const bool open = co_await send(std::move(response), keep_alive);
        co_return open&& keep_alive;
    }

    // False: the client went away.
    asio::awaitable<bool> read_more() {
        std::array<char, chunk_bytes> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
        const auto [error, got] = co_await socket_.async_read_some(asio::buffer(chunk), use_result);
        input_.append(chunk.data(), got);
        ::explicit_bzero(chunk.data(), got);
        co_return !error;
    }

    // nullopt: the client went away.
    asio::awaitable<std::optional<http::Judged<void>>> read_head(http::RequestParser& parser) {
        for (;;) {
            const auto parsed = parser.parse_head({input_.data(), input_.size()}, limits_.header_bytes);
            if (!parsed) co_return http::Judged<void>(tl::unexpected<http::Refusal>(parsed.error()));
            if (*parsed) {
                input_.erase(0, **parsed);
                co_return http::Judged<void>();
            }
            if (!co_await read_more()) co_return std::nullopt;
        }
    }

    asio::awaitable<std::optional<http::Refusal>> read_body(http::RequestParser& parser, http::IncomingBody& body) {
        constexpr bool keep = true;
        const auto judged = body.expect(parser, router_->body_limit(parser.request()), keep);
        if (!judged) co_return judged.error();
        if (parser.expects_continue()) {
            (void)co_await asio::async_write(socket_, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")),
                                             use_result);
        }
        while (!parser.complete()) {
            const auto taken = body.take(parser, {input_.data(), input_.size()});
            if (!taken) co_return taken.error();
            input_.erase(0, *taken);
            if (*taken > 0) continue;
            if (!co_await read_more()) co_return http::Refusal{400, "body_incomplete", "The body ended too early."};
        }
        co_return std::nullopt;
    }

    asio::awaitable<bool> send(http::Response response, bool keep_alive) {
        std::string text;
        http::write_start(response, keep_alive, http::format_date(std::time(nullptr)), text);
        const auto [error, sent] = co_await asio::async_write(socket_, asio::buffer(text), use_result);
        if (error) co_return false;
        if (auto* stream = std::get_if<std::shared_ptr<http::Stream>>(&response.body)) {
            co_await send_stream(**stream);
            co_return false;
        }
        co_return !response.close;
    }

    asio::awaitable<void> send_stream(http::Stream& stream) {
        stream.wake_by([this] { woken_.cancel(); });
        while (socket_.is_open()) {
            auto text = stream.take();
            if (!text) co_return;
            if (text->empty()) {
                woken_.expires_after(std::chrono::hours(1));
                (void)co_await woken_.async_wait(use_result);
                continue;
            }
            const auto [error, sent] = co_await asio::async_write(socket_, asio::buffer(*text), use_result);
            if (error) co_return;
        }
    }

    stream_protocol::socket socket_;
    std::shared_ptr<const http::Router> router_;
    ConsoleLimits limits_;
    asio::steady_timer woken_;
    config::SecretString input_;  // received and not used yet; passwords and keys may be in it
};

}  // namespace

class Console::Listener : public std::enable_shared_from_this<Listener> {
public:
    Listener(const asio::any_io_executor& executor, base::Log& log, std::shared_ptr<const http::Router> router,
             ConsoleLimits limits)
        : acceptor_(executor), log_(log), router_(std::move(router)), limits_(limits) {}

    base::Result<void> listen(const std::filesystem::path& path) {
        struct stat found {};
        std::error_code ignored;  // what matters is whether the socket can be bound
        std::filesystem::create_directories(path.parent_path(), ignored);
        if (::lstat(path.c_str(), &found) == 0) {
            if (!S_ISSOCK(found.st_mode)) {
                return base::fail(base::ErrorKind::conflict, "console_path_taken",
                                  path.string() + " is in the way of the console socket and is no socket.",
                                  "Move it away, or change \"console_socket\".");
            }
            ::unlink(path.c_str());
        }
        if (path.string().size() >= sizeof(sockaddr_un::sun_path)) return failure(path, ENAMETOOLONG);
        boost::system::error_code error;
        acceptor_.open(stream_protocol(), error);
        if (!error) acceptor_.bind(path.string(), error);
        // Nobody can connect before it listens. The umask is every thread's, so it stays as it is.
        if (!error && ::chmod(path.c_str(), 0600) != 0) return failure(path, errno);
        if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
        if (error) return failure(path, error.value());
        path_ = path;
        asio::co_spawn(acceptor_.get_executor(), accept(shared_from_this()),
                       [self = shared_from_this()](const std::exception_ptr& thrown) {
                           if (thrown) self->log_.error("console.ended", base::broken_promise(thrown).text());
                       });
        return {};
    }

    void stop() {
        boost::system::error_code ignored;  // a listening socket has nothing to lose
        acceptor_.close(ignored);
        if (!path_.empty()) ::unlink(path_.c_str());
        path_.clear();
        for (const auto& visit : visits_)
            visit->end();
    }

private:
    static base::Result<void> failure(const std::filesystem::path& path, int error) {
        return base::fail(
            base::ErrorKind::io, "console_not_listening",
            "The console socket " + path.string() + " could not be opened: " + base::words_of(error) + ".",
            "gatehousectl will not work. Make its folder writable, or change \"console_socket\".");
    }

    static asio::awaitable<void> accept(std::shared_ptr<Listener> self) {
        while (self->acceptor_.is_open()) {
            auto [error, socket] = co_await self->acceptor_.async_accept(use_result);
            if (error == asio::error::operation_aborted) co_return;
            if (error) {  // out of descriptors, say: it passes
                asio::steady_timer pause(self->acceptor_.get_executor(), std::chrono::seconds(1));
                (void)co_await pause.async_wait(use_result);
                continue;
            }
            self->receive(std::move(socket));
        }
    }

    void receive(stream_protocol::socket socket) {
        const auto user = peer_of(socket.native_handle());
        if (!user || (*user != 0 && *user != ::geteuid())) {
            log_.warning("console.refused", "A user who is neither root nor the daemon's came to the console socket.",
                         {{"uid", user ? std::to_string(*user) : "unknown"}});
            return;
        }
        if (visits_.size() >= limits_.connections) return;
        auto visit = std::make_shared<Visit>(std::move(socket), router_, limits_);
        visits_.insert(visit);
        asio::co_spawn(acceptor_.get_executor(), entertain(shared_from_this(), visit), asio::detached);
    }

    static asio::awaitable<void> entertain(std::shared_ptr<Listener> self, std::shared_ptr<Visit> visit) {
        try {
            co_await visit->serve();
        } catch (...) {
            self->log_.error("request.failed", base::broken_promise(std::current_exception()).text());
        }
        visit->end();
        self->visits_.erase(visit);
    }

    stream_protocol::acceptor acceptor_;
    base::Log& log_;
    std::shared_ptr<const http::Router> router_;
    ConsoleLimits limits_;
    std::filesystem::path path_;
    std::set<std::shared_ptr<Visit>> visits_;
};

Console::Console(const asio::any_io_executor& executor, base::Log& log, std::shared_ptr<const http::Router> router,
                 ConsoleLimits limits)
    : listener_(std::make_shared<Listener>(executor, log, std::move(router), limits)) {}

Console::~Console() {
    stop();
}

base::Result<void> Console::listen(const std::filesystem::path& path) {
    return listener_->listen(path);
}

void Console::stop() {
    listener_->stop();
}

http::Gate console_gate() {
    return [](http::Request& request, http::Access) -> std::optional<http::Response> {
        request.caller =
            std::make_shared<const http::Caller>(http::Caller{"root", "console", "", http::Access::console});
        return std::nullopt;
    };
}

}  // namespace gatehouse::admin
