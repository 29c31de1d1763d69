#include "server/http/session.hpp"

#include "base/broken_promise.hpp"
#include "server/http/response.hpp"
#include "server/http/session_exchange.hpp"
#include "server/http/session_log.hpp"
#include "server/http/traffic.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <utility>

namespace gatehouse::http {

using net::Io;

namespace {

constexpr std::uint8_t turns_in_a_row = 16;  // requests or body chunks before the other connections are served
constexpr std::uint64_t goodbye_seconds = 3;
constexpr std::uint64_t first_request_seconds = 2;  // while the worker drains
// What a client may still send of a body that its answer did not wait for, and how long: many read no answer before
// they have sent all.
constexpr std::uint64_t unread_goodbye_seconds = 30;
constexpr std::uint64_t unread_bytes = 1UL << 30;

}  // namespace

// ---------------------------------------------------------------- waiting

bool Session::Drive::await_ready() {
    result = (session.*step)();
    return result == Io::done || result == Io::closed;
}

void Session::Drive::await_suspend(std::coroutine_handle<> coroutine) {
    waiting = coroutine;
    wait();
}

void Session::Drive::wait() {
    if (result == Io::yield) {
        boost::asio::post(session.worker().io(), [this] { woken(this); });
        return;
    }
    session.waiting_ = true;
    session.connection_.wait(result, &Drive::woken, this);
}

void Session::Drive::woken(void* self) {
    auto& drive = *static_cast<Drive*>(self);
    drive.session.waiting_ = false;
    drive.session.turns_ = 0;
    drive.session.connection_.woken();
    drive.result = (drive.session.*drive.step)();
    if (drive.result == Io::done || drive.result == Io::closed) {
        drive.waiting.resume();
    } else {
        drive.wait();
    }
}

// ---------------------------------------------------------------- life

void Session::start(net::Worker& worker, Site& site, int descriptor, const net::Address& peer, const Ended& ended) {
    auto session = std::make_unique<Session>(worker, site, descriptor, peer, ended);
    if (session->connection_.usable()) run(std::move(session));
}

Session::Session(net::Worker& worker, Site& site, int descriptor, const net::Address& peer, const Ended& ended)
    : Timed(worker), site_(site), connection_(worker, descriptor, *site.context), ended_(ended), peer_(peer) {
    set_deadline(site.limits.handshake_seconds);
    ask_second_look();
    site_.traffic.connections.add(1);
}

Session::~Session() {
    site_.traffic.connections.add(-1);
    ended_(peer_);
}

net::Task Session::run(std::unique_ptr<Session> self) {
    Session& session = *self;
    if (!co_await session.until_done(&Session::shake_hands)) {
        session.site_.traffic.count_handshake(HandshakeEnd::failed);
        std::string_view broken_off;
        if (session.over_)
            broken_off = session.worker().abandoned() ? "The server ends." : "The handshake took too long.";
        log_failed_handshake(session.site_, session.peer_, broken_off);
        co_return;
    }
    session.site_.traffic.count_handshake(end_of(session.connection_.protocol()));
    if (session.too_old_by_now()) co_return;
    bool goes_on = true;
    while (goes_on) {
        session.begin_request();
        if (!co_await session.until_done(&Session::read_head)) break;
        session.judge_body();
        if (!co_await session.until_done(&Session::read_body)) break;
        session.respond();
        while (co_await HandlersTurn{session}) {
            (void)co_await session.until_done(&Session::read_piece);
            session.hand_piece_over();
        }
        if (!co_await session.until_done(&Session::send_response)) co_return;
        if (session.phase_ == Phase::stream && !co_await session.until_done(&Session::send_stream)) co_return;
        goes_on = session.exchange_->keep_alive;
        session.end_request();
    }
    const bool peer_is_gone = goes_on && !session.over_;
    if (peer_is_gone || session.worker().abandoned()) co_return;
    session.begin_goodbye();
    (void)co_await session.until_done(&Session::say_goodbye);
}

void Session::expired() {
    over_ = true;
    if (waiting_) connection_.cancel();
}

// Whether old clients were shut out since this one's handshake began. Other changes of the policy drop nobody.
bool Session::too_old_by_now() const {
    return connection_.protocol() < TLS1_2_VERSION &&
           SSL_CTX_get_min_proto_version(site_.context.get()) >= TLS1_2_VERSION;
}

void Session::rules_changed() {
    if (phase_ != Phase::handshake && too_old_by_now()) expired();
}

void Session::drained() {
    if (phase_ == Phase::stream) expired();
    if (phase_ == Phase::idle && waiting_) connection_.cancel();  // to look once more, and judge by that
}

// Between requests, with nothing to read, while the worker drains. A client that reuses a connection knows that it may
// be gone, and asks anew; one whose first request is on its way does not.
Io Session::end_idle(Io io) {
    if (io == Io::closed) return io;
    if (!asked_) {
        set_deadline(first_request_seconds);
        return io;
    }
    over_ = true;
    return Io::closed;
}

// A short read means that the socket is empty, but not that the peer has not hung up right behind its last bytes: there
// is no second edge for that. Looking once, a second later, spares every request an extra call.
void Session::second_look() {
    if (waiting_) connection_.cancel();
}

// ---------------------------------------------------------------- the steps

Io Session::shake_hands() {
    return over_ ? Io::closed : connection_.handshake();
}

void Session::begin_request() {
    phase_ = plaintext_.empty() ? Phase::idle : Phase::head;
    set_deadline(phase_ == Phase::idle ? site_.limits.idle_seconds : site_.limits.header_seconds);
    if (phase_ == Phase::idle) {
        ask_second_look();
    }
}

Io Session::read_head() {
    if (take_turn()) return Io::yield;
    for (;;) {
        if (over_) {
            // Nothing of a request was read yet, or nobody waits for an answer any more.
            if (!exchange_ || worker().abandoned()) return Io::closed;
            over_ = false;
            refuse({408, "request_timeout", "The request's header did not arrive in time."});
            return Io::done;
        }
        if (!plaintext_.empty()) {
            if (!exchange_) exchange_ = std::make_unique<Exchange>();
            const auto parsed = exchange_->parser.parse_head(plaintext_.view(), site_.limits.header_bytes);
            if (!parsed) {
                refuse(parsed.error());
                return Io::done;
            }
            if (*parsed) {
                plaintext_.consume(**parsed);
                exchange_->head_complete = true;
                return Io::done;
            }
        }
        const Io io = read_plaintext();
        if (io != Io::done) return phase_ == Phase::idle && worker().draining() ? end_idle(io) : io;
        if (phase_ == Phase::idle) {
            phase_ = Phase::head;
            set_deadline(site_.limits.header_seconds);
            forget_second_look();
        }
    }
}

bool Session::take_turn() {
    return ++turns_ > turns_in_a_row;
}

Io Session::read_plaintext() {
    return plaintext_.read(connection_, worker().buffers(), site_.limits.header_bytes + 1);
}

// The request never reaches a handler; the connection ends after the answer, because where the next request begins is
// not known any more.
void Session::refuse(const Refusal& refusal) {
    exchange_->keep_alive = false;
    exchange_->response = problem(refusal);
    if (exchange_->head_complete) {
        const Request& request = exchange_->parser.request();
        site_.router->dress(request, exchange_->response);
        if (request.method == Method::head) drop_body(exchange_->response);
    }
    begin_response();
}

void Session::respond() {
    if (phase_ == Phase::response || phase_ == Phase::handler) return;  // refused, or asked for without its body
    Exchange& exchange = *exchange_;
    Request& request = exchange.parser.request();
    request.body = exchange.incoming.bytes();
    request.peer = peer_;
    request.outdated = !connection_.began_with(*site_.context);
    try {
        auto answer = site_.router->handle(request, exchange.arriving.get());
        if (auto* response = std::get_if<Response>(&answer)) return answered(std::move(*response));
        await_answer(std::move(std::get<Later>(answer)));
    } catch (...) {
        answered(broken_promise(std::current_exception()));
    }
}

// The handler has all the time it takes; what bounds it is its own business.
void Session::await_answer(Later later) {
    phase_ = Phase::handler;
    forget_deadline();
    exchange_->answering = site_.router;
    auto done = [this](const std::exception_ptr& failure, Response response) {
        exchange_->answering = nullptr;
        connection_.woken();  // nobody was told what came meanwhile
        answered(failure ? broken_promise(failure) : std::move(response));
        if (exchange_->resumed_by_handler) std::exchange(exchange_->resumed_by_handler, nullptr).resume();
    };
    boost::asio::co_spawn(worker().io(), std::move(later), std::move(done));
}

bool Session::HandlersTurn::await_ready() const {
    return session.exchange_->answering == nullptr || await_resume();
}

void Session::HandlersTurn::await_suspend(std::coroutine_handle<> coroutine) const {
    session.exchange_->resumed_by_handler = coroutine;
}

bool Session::HandlersTurn::await_resume() const {
    const auto& arriving = session.exchange_->arriving;
    return arriving && arriving->is_wanted();
}

Response Session::broken_promise(const std::exception_ptr& thrown) const {
    site_.log->error("request.failed", base::broken_promise(thrown).text(),
                     {{"path", std::string(exchange_->parser.request().path)}});
    Response response = problem(500, "internal", "");
    site_.router->dress(exchange_->parser.request(), response);
    return response;
}

void Session::answered(Response response) {
    Exchange& exchange = *exchange_;
    const Request& request = exchange.parser.request();
    exchange.response = std::move(response);
    exchange.keep_alive = request.keep_alive && !exchange.response.close && !worker().draining();
    if (exchange.arriving && !exchange.parser.complete()) {
        exchange.keep_alive = false;
        body_unread_ = true;
    }
    exchange.arriving.reset();
    // HTTP/1.0 ends a connection unless both sides say otherwise (RFC 9112 section 9.3).
    if (std::holds_alternative<std::shared_ptr<Stream>>(exchange.response.body)) exchange.keep_alive = false;
    if (exchange.keep_alive && request.minor_version == 0)
        exchange.response.fields.emplace_back("Connection", "keep-alive");
    begin_response();
}

void Session::begin_response() {
    Exchange& exchange = *exchange_;
    phase_ = Phase::response;
    phase_began_ = worker().now();
    exchange.sent_before = connection_.bytes_sent();
    set_deadline_at(rate_deadline(0));

    if (!site_.hsts.empty()) exchange.response.fields.emplace_back("Strict-Transport-Security", site_.hsts);
    std::string head;
    head.reserve(1536);
    write_head(exchange.response, exchange.keep_alive, worker().http_date(), head);
    head.append(exchange.outgoing.begin(exchange.response.body));
    if (!connection_.write(head)) over_ = true;
}

Io Session::send_response() {
    Exchange& exchange = *exchange_;
    for (;;) {
        if (over_) return Io::closed;
        if (const Io io = connection_.flush(); io != Io::done) {
            set_deadline_at(rate_deadline(connection_.bytes_sent() - exchange.sent_before));
            return io;
        }
        if (auto* stream = std::get_if<std::shared_ptr<Stream>>(&exchange.response.body)) {
            phase_ = Phase::stream;
            (*stream)->wake_by([this] {
                if (waiting_) connection_.cancel();
            });
            return Io::done;
        }
        if (exchange.outgoing.complete()) return Io::done;
        if (take_turn()) return Io::yield;
        set_deadline_at(rate_deadline(connection_.bytes_sent() - exchange.sent_before));
        if (!exchange.outgoing.send_chunk(connection_, worker().buffers())) return Io::closed;
    }
}

// Sends what comes, until the stream ends, the peer goes away or stops reading.
Io Session::send_stream() {
    auto& stream = *std::get<std::shared_ptr<Stream>>(exchange_->response.body);
    for (;;) {
        if (over_) return Io::closed;
        if (const Io io = connection_.flush(); io != Io::done) {
            if (!stalled_) set_deadline(site_.limits.idle_seconds);
            stalled_ = true;
            return io;
        }
        stalled_ = false;
        forget_deadline();
        const auto text = stream.take();
        if (!text) return Io::done;
        if (!text->empty()) {
            if (!connection_.write(*text)) return Io::closed;
            continue;
        }
        // A client has nothing more to say here; reading is how its end is seen.
        if (take_turn()) return Io::yield;
        std::array<char, 512> ignored;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
        std::size_t got = 0;
        if (const Io io = connection_.read(ignored, got); io != Io::done) return io;
    }
}

void Session::end_request() {
    site_.traffic.count_request(exchange_->response.status);
    if (exchange_->head_complete) log_access(site_, peer_, exchange_->parser.request(), exchange_->response.status);
    exchange_.reset();
    asked_ = true;
}

void Session::begin_goodbye() {
    over_ = false;
    phase_ = Phase::goodbye;
    set_deadline(body_unread_ ? unread_goodbye_seconds : goodbye_seconds);
    connection_.say_goodbye();
}

Io Session::say_goodbye() {
    if (over_) return Io::closed;
    if (!lingering_) {
        if (const Io io = connection_.flush(); io != Io::done) return io;
        lingering_ = true;
    }
    return body_unread_ ? connection_.linger(unread_bytes) : connection_.linger();
}

}  // namespace gatehouse::http
