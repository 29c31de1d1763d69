#include "server/net/proxy_tunnel.hpp"

#include "base/printable.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace gatehouse::net {

namespace asio = boost::asio;
using base::ErrorKind;

namespace {

constexpr auto with_both = asio::as_tuple(asio::use_awaitable);

std::string connect_request(const Endpoint& server) {
    const std::string to = server.text();
    return "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\nUser-Agent: Gatehouse\r\n\r\n";
}

tl::unexpected<base::Error> proxy_failure(const char* code, const std::string& message) {
    return base::fail(ErrorKind::unavailable, code, message + ".", "Check the address of the proxy.");
}

tl::unexpected<base::Error> refused_by_proxy(const std::string& name, const Endpoint& server,
                                             const ResponseHead& head) {
    constexpr int authentication_required = 407;
    const bool gateway = head.status == 502 || head.status == 503 || head.status == 504;
    std::string status = std::to_string(head.status);
    if (!head.reason.empty()) status += " " + base::printable(head.reason.substr(0, 100));
    return base::fail(
        ErrorKind::unavailable, gateway ? "proxy_unreachable" : "proxy_refused",
        name + " did not connect to " + server.text() + ": " + status + ".",
        head.status == authentication_required
            ? "It wants a user and a password, and none can be set here: have it let this machine through "
              "without, by its address."
            : "Have it let this machine connect there; it is asked by the address, not by the name.");
}

}  // namespace

asio::awaitable<base::Result<void>> connect_through(PatientSocketPtr socket, Endpoint server) {
    const std::string name = "The proxy " + socket->server().text();
    const std::string request = connect_request(server);
    const auto out = asio::buffer(request);
    // What cannot be sent is told by what comes.
    (void)co_await asio::async_write(socket->socket(), out, with_both);
    ResponseReader reader(ResponseReader::Body::none, 0);
    std::array<char, 4096> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
    while (!reader.done()) {
        const auto in = asio::buffer(chunk);
        const auto [error, got] = co_await socket->socket().async_read_some(in, with_both);
        if (socket->expired()) co_return proxy_failure("proxy_timeout", name + " did not answer in time");
        if (error) co_return proxy_failure("proxy_garbled", name + " closed the connection without an answer");
        auto taken = reader.take({chunk.data(), got});
        if (!taken) co_return proxy_failure("proxy_garbled", name + " gave an answer that is no HTTP/1.1");
        // Behind a refusal stands a page, which is nobody's concern.
        if (reader.head_done() && reader.head().status >= 300) break;
    }
    if (const int status = reader.head().status; status < 200 || status >= 300)
        co_return refused_by_proxy(name, server, reader.head());
    if (reader.has_rest()) co_return proxy_failure("proxy_garbled", name + " sent more than an answer");
    co_return base::Result<void>();
}

}  // namespace gatehouse::net
