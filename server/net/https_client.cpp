#include "server/net/https_client.hpp"

#include "server/net/way_out.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace gatehouse::net {

namespace asio = boost::asio;
using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

certstore::SslContextPtr context_or_throw() {
    auto context = verifying_context();
    if (!context) throw std::runtime_error(context.error().text());
    return std::move(*context);
}

tl::unexpected<base::Error> too_slow(const char* code, const std::string& what) {
    return base::fail(ErrorKind::unavailable, code, what + " in time.",
                      "Try again; if it stays so, look whether that server is overloaded.");
}

// The reader's messages are predicates.
tl::unexpected<base::Error> said_of(const std::string& peer, base::Error error) {
    error.message = peer + " " + error.message;
    return base::fail(std::move(error));
}

// "cloud.test (192.0.2.1:443)", and where it was called by its address that alone.
std::string peer_name(const Url& url, const CallSteps& steps) {
    const std::string address = steps.connected ? steps.connected->text() : "";
    const std::string through = steps.proxy ? " through the proxy " + steps.proxy->text() : "";
    if (Address::parse(url.host)) return address + through;
    return url.host + " (" + address + through + ")";
}

}  // namespace

// One call under way.
struct HttpsClient::Call {
    HttpsRequest request;
    bool on_its_own_connection = false;
    CallSteps steps{};
    steady_clock::time_point until{};
    ConnectionKey key{};
    AddressPolicy policy{};
    bool unanswered = false;       // the connection ended before a byte of an answer
    bool may_be_followed = false;  // its connection may be used again

    [[nodiscard]] steady_clock::time_point end_of(milliseconds step) const {
        return std::min(until, steady_clock::now() + step);
    }
    [[nodiscard]] Destination destination() const {
        Destination made;
        made.host = request.url.host;
        made.port = request.url.port;
        made.policy = policy;
        made.until = until;
        made.resolving = request.deadlines.resolving;
        made.connecting = request.deadlines.connecting;
        made.proxy_answers = request.deadlines.proxy;
        return made;
    }
};

HttpsClient::HttpsClient(asio::any_io_executor executor, Networks& networks, Trust& trust, AddressPolicy policy,
                         const ConnectionLimits& limits)
    : executor_(std::move(executor)),
      networks_(networks),
      trust_(trust),
      policy_(std::move(policy)),
      context_(context_or_throw()),
      kept_(executor_, limits) {}

asio::awaitable<base::Result<HttpsResponse>> HttpsClient::call(HttpsRequest request) {
    Call call{std::move(request)};
    co_return co_await run(call);
}

asio::awaitable<CallOutcome> HttpsClient::explain(HttpsRequest request) {
    Call call{std::move(request), true};
    auto response = co_await run(call);
    CallOutcome outcome{std::move(call.steps), std::move(response)};
    co_return outcome;
}

asio::awaitable<base::Result<HttpsResponse>> HttpsClient::run(Call& call) {
    co_await asio::this_coro::throw_if_cancelled(false);  // the caller gets a Result in any case
    auto response = co_await attempt(call);
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (response || cancelled == asio::cancellation_type::none) co_return response;
    co_return base::fail(ErrorKind::unavailable, "cancelled", "The call was broken off.", "Try again.");
}

asio::awaitable<base::Result<HttpsResponse>> HttpsClient::attempt(Call& call) {
    const HttpsRequest& request = call.request;
    if (auto sound = check(request); !sound) co_return base::fail(std::move(sound.error()));
    call.until = steady_clock::now() + request.deadlines.whole;
    call.policy = request.policy ? request.policy : policy_;
    auto place = co_await kept_.enter(request.url.host, request.url.port, call.until);
    if (!place) co_return base::fail(std::move(place.error()));
    // Not before: others may have waited long for a place.
    WayOut way = networks_.way_out(request.network);
    call.key = {request.url.host, request.url.port,     request.network,
                way.origin,       std::move(way.proxy), trust_.current()};
    if (!call.key.trust) {
        co_return base::fail(ErrorKind::crypto, "trust_unavailable",
                             "Nobody is trusted: the certificates that are believed could not be loaded.",
                             "Look at the page CA Certificates of the admin portal.");
    }
    ConnectionPtr kept;
    if (!call.on_its_own_connection) kept = kept_.take(call.key);
    // It may have been made by a request of a more lenient policy.
    if (kept && call.policy(kept->server().address)) {
        call.steps.reused = true;
        auto response = co_await use(call, std::move(kept));
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        const bool again = call.unanswered && is_repeatable(request) && cancelled == asio::cancellation_type::none;
        if (response || !again) co_return response;
        call.steps = {};  // it ended while nobody used it, or just then
        call.unanswered = false;
    }
    kept.reset();
    kept_.make_room(call.key);
    auto opened = co_await open(call);
    if (!opened) co_return base::fail(std::move(opened.error()));
    // Judging a chain can't be broken off; what follows it is not begun.
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none)
        co_return base::fail(ErrorKind::unavailable, "cancelled", "The call was broken off.");
    co_return co_await use(call, std::move(*opened));
}

asio::awaitable<base::Result<HttpsClient::ConnectionPtr>> HttpsClient::open(Call& call) {
    WayOut way{networks_.resolver(call.request.network), call.key.origin, call.key.proxy};
    Destination destination = call.destination();
    auto socket = co_await reach(std::move(way), std::move(destination), call.steps);
    if (!socket) co_return base::fail(std::move(socket.error()));
    call.steps.step = CallStep::tls;
    (*socket)->end_at(call.end_of(call.request.deadlines.tls));
    const std::string host = call.request.url.host;
    auto made = HttpsConnection::make(std::move(*socket), *context_, host, *call.steps.connected,
                                      peer_name(call.request.url, call.steps));
    if (!made) co_return base::fail(std::move(made.error()));
    auto shaken = co_await (*made)->shake_hands(trust_, call.key.trust, host, call.steps.tls);
    if (!shaken) co_return base::fail(std::move(shaken.error()));
    co_return std::move(*made);
}

asio::awaitable<base::Result<HttpsResponse>> HttpsClient::exchange(Call& call, HttpsConnection& connection) {
    const HttpsRequest& request = call.request;
    const auto body = request.method == "HEAD" ? ResponseReader::Body::none : ResponseReader::Body::expected;
    ResponseReader reader(body, request.most_body_bytes);
    auto response = co_await converse(call, connection, reader);
    constexpr int least_final = 200;
    const bool has_answered = reader.head_done() && reader.head().status >= least_final;
    if (response || !request.head_decides || !has_answered) co_return response;
    call.steps.status = reader.head().status;
    call.steps.step = CallStep::done;
    co_return HttpsResponse{reader.head(), {}};
}

asio::awaitable<base::Result<HttpsResponse>> HttpsClient::converse(Call& call, HttpsConnection& connection,
                                                                   ResponseReader& reader) {
    using End = HttpsConnection::Received::End;
    const HttpsRequest& request = call.request;
    const std::string& peer = connection.peer();
    PatientSocket& socket = connection.socket();
    call.steps.step = CallStep::sending;
    socket.end_at(call.end_of(request.deadlines.sending));
    const base::Secret bytes = bytes_of(request);
    const bool sent = co_await connection.send(bytes.reveal());
    if (!sent && socket.expired()) co_return too_slow("send_timeout", peer + " did not take the request");

    call.steps.step = CallStep::head;
    socket.end_at(call.end_of(request.deadlines.head));
    HttpsResponse response;
    while (!reader.done()) {
        auto received = co_await connection.receive();
        call.unanswered = !reader.has_begun() && (!received || received->end != End::expired);
        if (!received) co_return base::fail(std::move(received.error()));
        if (received->end == End::expired) {
            co_return too_slow("answer_timeout",
                               peer + (reader.head_done() ? " did not go on with its answer" : " did not answer"));
        }
        auto taken =
            received->end == End::none ? reader.take(received->bytes) : reader.take_end(received->end == End::clean);
        call.unanswered = !reader.has_begun();
        if (!taken) co_return said_of(peer, std::move(taken.error()));
        if (!reader.head_done()) continue;
        call.steps.step = CallStep::body;
        call.steps.status = reader.head().status;
        std::string piece = reader.take_body();
        if (!request.sink && !request.head_decides) {
            response.body += piece;
        } else if (request.sink && !piece.empty()) {
            socket.end_at(call.until);  // how long the sink takes is not the server's fault
            auto kept = co_await request.sink(reader.head(), std::move(piece));
            if (!kept) co_return base::fail(std::move(kept.error()));
        }
        socket.end_at(call.end_of(request.deadlines.body));
    }
    response.head = reader.head();
    call.steps.status = response.head.status;
    call.steps.step = CallStep::done;
    call.may_be_followed = sent && reader.may_be_followed();
    co_return response;
}

asio::awaitable<base::Result<HttpsResponse>> HttpsClient::use(Call& call, ConnectionPtr connection) {
    auto response = co_await exchange(call, *connection);
    if (response && call.may_be_followed) kept_.keep(call.key, std::move(connection));
    co_return response;
}

}  // namespace gatehouse::net
