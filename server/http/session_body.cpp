// How a session reads the body of a request: whole, before the handler is called, or piece by piece while it runs.
#include "server/http/session_exchange.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::http {

using net::Io;

namespace {

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::uint64_t rate_grace_seconds = 10;  // what a slow start of a body or a response is forgiven
// Who sent much at first would otherwise be ahead of the average for hours, in which nothing need come any more.
constexpr net::Tick most_silence = 60 * net::ticks_per_second;

}  // namespace

net::Tick Session::rate_deadline(std::uint64_t bytes_so_far) const {
    return phase_began_ +
           (rate_grace_seconds + bytes_so_far / site_.limits.body_bytes_per_second) * net::ticks_per_second + 1;
}

// As some of it has come, or is asked for.
void Session::set_body_deadline(std::uint64_t bytes_so_far) {
    const net::Tick end = exchange_->arriving ? exchange_->arriving->ends_at() : net::never;
    set_deadline_at(std::min({rate_deadline(bytes_so_far), worker().now() + most_silence + 1, end}));
}

// Decides, from the head alone, what becomes of the body: kept, dropped, refused, or left to the handler.
void Session::judge_body() {
    Exchange& exchange = *exchange_;
    if (!exchange.head_complete || exchange.parser.complete()) return;
    if (site_.router->streams(exchange.parser.request())) {
        leave_body_to_handler();
        return;
    }
    const std::uint64_t route_limit = site_.router->body_limit(exchange.parser.request());
    const bool wanted = route_limit > 0;
    if (const auto judged =
            exchange.incoming.expect(exchange.parser, wanted ? route_limit : site_.limits.body_bytes, wanted);
        !judged) {
        refuse(judged.error());
        return;
    }
    if (exchange.parser.expects_continue()) {
        if (!wanted) {
            // The answer does not depend on the body, so it is not asked for; whether it comes all the same is unknown.
            exchange.parser.request().keep_alive = false;
            respond();
            return;
        }
        if (!connection_.write(go_on)) over_ = true;
    }
    phase_ = Phase::body;
    phase_began_ = worker().now();
    set_body_deadline(0);
}

Io Session::read_body() {
    Exchange& exchange = *exchange_;
    while (phase_ == Phase::body && !exchange.parser.complete()) {
        if (over_) return Io::closed;
        const auto taken = exchange.incoming.take(exchange.parser, plaintext_.view());
        if (!taken) {
            refuse(taken.error());
            return Io::done;
        }
        if (*taken > 0) {
            plaintext_.consume(*taken);
            continue;
        }
        if (take_turn()) return Io::yield;
        if (const Io io = read_plaintext(); io != Io::done) return io;
        set_body_deadline(exchange.incoming.received());
    }
    return Io::done;
}

void Session::leave_body_to_handler() {
    Exchange& exchange = *exchange_;
    exchange.arriving = std::make_unique<ArrivingBody>(
        exchange.parser, site_.router->body_limit(exchange.parser.request()), worker(), [this] { begin_piece(); });
    phase_began_ = exchange.reading_paused = worker().now();
}

// The handler asks: from within its coroutine.
void Session::begin_piece() {
    Exchange& exchange = *exchange_;
    const bool first = exchange.arriving->received() == 0;
    if (first && exchange.parser.expects_continue() && !connection_.write(go_on)) over_ = true;
    phase_ = Phase::body;
    phase_began_ += worker().now() - exchange.reading_paused;  // the client has no part in how long the handler took
    set_body_deadline(exchange.arriving->received());
    connection_.woken();  // nobody was told what came meanwhile
    ask_second_look();
    if (exchange.resumed_by_handler) std::exchange(exchange.resumed_by_handler, nullptr).resume();
}

Io Session::read_piece() {
    ArrivingBody& body = *exchange_->arriving;
    while (!body.settled()) {
        if (over_) {
            give_up_body();
            break;
        }
        if (const std::size_t taken = body.take(plaintext_.view()); taken > 0) {
            plaintext_.consume(taken);
            continue;
        }
        if (body.settled()) break;
        if (take_turn()) return Io::yield;
        const Io io = read_plaintext();
        if (io == Io::done) {
            set_body_deadline(body.received());
            continue;
        }
        if (body.has_bytes()) break;  // the handler need not wait for more
        if (io != Io::closed) return io;
        body.break_off({400, "body_incomplete", "The body ended too early."});
    }
    return Io::done;
}

// Out of time, or to end for a reason that has nothing to do with this request.
void Session::give_up_body() {
    if (worker().abandoned() || too_old_by_now()) {
        exchange_->arriving->break_off({503, "stopping", "The server ends this connection."});
        return;
    }
    over_ = false;  // there is still somebody to be told
    if (exchange_->arriving->end_if_late()) return;
    exchange_->arriving->break_off({408, "request_timeout", "The body did not arrive in time."});
}

void Session::hand_piece_over() {
    Exchange& exchange = *exchange_;
    phase_ = Phase::handler;
    forget_deadline();
    forget_second_look();
    exchange.reading_paused = worker().now();
    exchange.arriving->hand_over();
}

}  // namespace gatehouse::http
