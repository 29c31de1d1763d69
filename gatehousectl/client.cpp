#include "gatehousectl/client.hpp"

#include "base/printable.hpp"

#include <array>
#include <unistd.h>

namespace gatehouse::gatehousectl {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds to_connect = seconds(10);
constexpr milliseconds to_send = seconds(30);

bool only_looks(const Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

std::string head_of(const Request& request) {
    std::string head = request.method + " " + request.target +
                       " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: gatehousectl/" + GATEHOUSE_VERSION +
                       "\r\nConnection: close\r\n";
    for (const auto& [name, value] : request.fields)
        head += name + ": " + value + "\r\n";
    if (!request.content_type.empty()) head += "Content-Type: " + request.content_type + "\r\n";
    if (!request.content_type.empty() || request.method != "GET") {
        head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    }
    return head + "\r\n";
}

}  // namespace

Outcome<Connection> Client::ask(const Request& request) const {
    auto connection = Connection::open(socket_, to_connect);
    if (!connection) return connection;
    const Deadline deadline(to_send);
    auto sent = connection->send(head_of(request), deadline);
    if (sent && *sent) sent = connection->send(request.body.reveal(), deadline);
    if (!sent) return tl::unexpected(sent.error());
    return connection;
}

// Feeds the reader once; false: the answer is complete.
Outcome<bool> Client::receive(Connection& connection, ResponseReader& reader, const Deadline& deadline) const {
    std::array<char, 16384> buffer{};
    const auto count = connection.receive(buffer, deadline);
    if (!count) return tl::unexpected(count.error());
    const auto fed = *count == 0 ? reader.end() : reader.feed({buffer.data(), *count});
    if (!fed) return unfinished(fed.error(), reader.head_complete());
    return !reader.complete();
}

tl::unexpected<Failure> Client::unfinished(const base::Error& error, bool begun) const {
    const std::string message = base::printable(socket_.path.native()) + ": " + error.message;
    if (error.code != "response_incomplete") {
        return unreachable("daemon_unknown", message, "Name the daemon's console_socket with --socket PATH.");
    }
    // The daemon hangs up on users whom it does not serve.
    const bool is_root = ::geteuid() == 0;
    return unreachable("daemon_gone", message,
                       begun || is_root ? "The daemon's log says why: journalctl -u gatehouse." : "Run this as root.");
}

Outcome<Response> Client::send(const Request& request) const {
    auto connection = ask(request);
    if (!connection) return tl::unexpected(connection.error());
    ResponseReader reader(answer_bytes);
    Response response;
    const milliseconds patience = only_looks(request) ? patience_.to_look : patience_.to_change;
    if (!only_looks(request) && waiting_ && !connection->has_something(patience_.unsaid)) waiting_(patience);
    const Deadline deadline(patience);
    for (;;) {
        const auto more = receive(*connection, reader, deadline);
        if (!more) return tl::unexpected(more.error());
        response.body += reader.take_body();
        if (!*more) break;
    }
    response.head = reader.head();
    return response;
}

Outcome<Response> Client::stream(const Request& request, const Sink& sink, milliseconds silence) const {
    auto connection = ask(request);
    if (!connection) return tl::unexpected(connection.error());
    ResponseReader reader(ResponseReader::unlimited);
    Response response;
    bool begun = false;
    const Deadline to_begin(silence);
    for (;;) {
        const auto more = receive(*connection, reader, begun ? Deadline(silence) : to_begin);
        if (!more) return tl::unexpected(more.error());
        const std::string bytes = reader.take_body();
        response.head = reader.head();
        if (reader.head_complete() && response.head.status == 200) {
            if (!std::exchange(begun, true) && !sink({})) break;
            if (!bytes.empty() && !sink(bytes)) break;
        } else if (response.body.size() + bytes.size() <= answer_bytes) {
            response.body += bytes;
        }
        if (!*more) break;
    }
    return response;
}

}  // namespace gatehouse::gatehousectl
