#include "server/http/redirect.hpp"

#include "server/http/percent.hpp"
#include "server/http/request_parser.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace gatehouse::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);

// The connection as its worker sees it: counted, and ended at its deadline.
class PlainConnection final : public net::Timed {
public:
    using Ended = std::function<void(const net::Address&)>;

    PlainConnection(net::Worker& worker, tcp::socket socket, const net::Address& peer, const Ended& ended,
                    std::uint64_t seconds)
        : Timed(worker), socket_(std::move(socket)), peer_(peer), ended_(ended) {
        set_deadline(seconds);
    }
    PlainConnection(const PlainConnection&) = delete;
    PlainConnection& operator=(const PlainConnection&) = delete;
    ~PlainConnection() override { ended_(peer_); }

    [[nodiscard]] tcp::socket& socket() { return socket_; }
    void expired() override {
        boost::system::error_code ignored;  // closed, so that an operation that is not begun yet fails as well
        socket_.close(ignored);
    }
    void drained() override { expired(); }  // the next request will find its door elsewhere
    void second_look() override {}

private:
    tcp::socket socket_;
    net::Address peer_;
    const Ended& ended_;
};

// The head of the one request, or why it is refused; nullopt: the client went away or was too slow.
asio::awaitable<std::optional<Judged<void>>> read_head(tcp::socket& socket, RequestParser& parser,
                                                       std::size_t header_bytes) {
    std::string input;
    for (;;) {
        std::array<char, 2048> chunk{};
        const auto [error, got] = co_await socket.async_read_some(asio::buffer(chunk), use_result);
        if (error) co_return std::nullopt;
        input.append(chunk.data(), got);
        const auto parsed = parser.parse_head(input, header_bytes);
        if (!parsed) co_return Judged<void>(tl::unexpected<Refusal>(parsed.error()));
        if (*parsed) co_return Judged<void>();
    }
}

asio::awaitable<void> serve(std::unique_ptr<PlainConnection> connection, net::Worker& worker, Site& site) {
    RequestParser parser;
    const auto head = co_await read_head(connection->socket(), parser, site.limits.header_bytes);
    if (!head) co_return;
    Response response = *head ? redirect(parser.request(), site.authority) : problem(head->error());
    if (*head && parser.request().method == Method::head) drop_body(response);
    std::string text;
    constexpr bool keep_alive = false;
    write_start(response, keep_alive, worker.http_date(), text);
    const auto [error, sent] = co_await asio::async_write(connection->socket(), asio::buffer(text), use_result);
    if (error || sent != text.size()) co_return;
    boost::system::error_code ignored;  // the peer may be gone, which is what we want in the end
    connection->socket().shutdown(tcp::socket::shutdown_send, ignored);
    std::array<char, 512> rest{};
    (void)co_await connection->socket().async_read_some(asio::buffer(rest), use_result);
}

// "api%5Fkey" is api_key to whoever reads the query; what is no valid escape stays as it is.
std::string leniently_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = escaped_byte(text, i);
        out += byte.value_or(text[i]);
        if (byte) i += 2;
    }
    return out;
}

bool names_a_key(std::string_view query) {
    while (!query.empty()) {
        const std::string_view parameter = query.substr(0, query.find('&'));
        if (leniently_decoded(parameter.substr(0, parameter.find('='))) == "api_key") return true;
        query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    }
    return false;
}

bool tells_a_secret(const Request& request) {
    return request.find("Authorization") || request.find("Cookie") || names_a_key(request.query);
}

}  // namespace

Response redirect(const Request& request, std::string_view authority) {
    if (tells_a_secret(request)) {
        return problem(
            403, "secret_in_the_clear",
            "A key, cookie or password was sent without encryption. Consider it known to others: replace it, and "
            "use https.");
    }
    if (request.method != Method::get && request.method != Method::head) {
        Response refused = problem(405, "method_not_allowed", "This port only redirects GET and HEAD to https.");
        refused.fields.emplace_back("Allow", "GET, HEAD");
        return refused;
    }
    std::string location = "https://" + std::string(authority) + std::string(request.path);
    if (!request.query.empty()) location += "?" + std::string(request.query);
    Response response;
    response.status = 308;
    response.fields.emplace_back("Location", std::move(location));
    return response;
}

void start_redirect(net::Worker& worker, Site& site, int descriptor, const net::Address& peer,
                    const std::function<void(const net::Address&)>& ended) {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size);
    tcp::socket socket(worker.io());
    boost::system::error_code error;
    socket.assign(own.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), descriptor, error);
    if (error) {
        ::close(descriptor);
        ended(peer);
        return;
    }
    auto connection =
        std::make_unique<PlainConnection>(worker, std::move(socket), peer, ended, site.limits.header_seconds);
    asio::co_spawn(worker.io(), serve(std::move(connection), worker, site), asio::detached);
}

}  // namespace gatehouse::http
