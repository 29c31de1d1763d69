// One client's connection, from the TLS handshake through its HTTP/1.1 requests to its end. Made for an accepted
// socket, owns itself and ends itself; lives on its worker's thread. While idle it holds no buffer and no parser.
#pragma once

#include "server/http/plaintext.hpp"
#include "server/http/request_parser.hpp"
#include "server/http/site.hpp"
#include "server/net/address.hpp"
#include "server/net/tls_connection.hpp"
#include "server/net/worker.hpp"

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace gatehouse::http {

class Session final : private net::Timed {
public:
    /// Called once when the session is over, on its worker's thread.
    using Ended = std::function<void(const net::Address&)>;

    /// Serves the non-blocking socket, which it takes over. `site` and `ended` must outlive the worker's connections.
    static void start(net::Worker& worker, Site& site, int descriptor, const net::Address& peer, const Ended& ended);

    /// Use `start`.
    Session(net::Worker& worker, Site& site, int descriptor, const net::Address& peer, const Ended& ended);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() override;

private:
    enum class Phase { handshake, idle, head, body, handler, response, stream, goodbye };
    using Step = net::Io (Session::*)();

    // Repeats a step until it is done or the connection is over, waiting in between.
    struct Drive {
        Session& session;
        Step step;
        net::Io result = net::Io::closed;
        std::coroutine_handle<> waiting = nullptr;

        [[nodiscard]] bool await_ready();
        void await_suspend(std::coroutine_handle<> coroutine);
        [[nodiscard]] bool await_resume() const { return result == net::Io::done; }

    private:
        void wait();
        static void woken(void* self);
    };

    // Waits until a handler has answered, or wants a piece of the body: true.
    struct HandlersTurn {
        Session& session;
        [[nodiscard]] bool await_ready() const;
        void await_suspend(std::coroutine_handle<> coroutine) const;
        [[nodiscard]] bool await_resume() const;
    };

    static net::Task run(std::unique_ptr<Session> self);
    [[nodiscard]] bool too_old_by_now() const;
    [[nodiscard]] Drive until_done(Step step) { return {*this, step}; }

    // The steps, in the order of a connection's life.
    [[nodiscard]] net::Io shake_hands();
    [[nodiscard]] net::Io read_head();
    [[nodiscard]] net::Io read_body();
    [[nodiscard]] net::Io read_piece();
    [[nodiscard]] net::Io send_response();
    [[nodiscard]] net::Io send_stream();
    [[nodiscard]] net::Io say_goodbye();

    void begin_request();
    [[nodiscard]] net::Io end_idle(net::Io io);
    [[nodiscard]] net::Io read_plaintext();
    [[nodiscard]] bool take_turn();
    void judge_body();
    void leave_body_to_handler();
    void begin_piece();
    void give_up_body();
    void hand_piece_over();
    void refuse(const Refusal& refusal);
    void respond();
    void await_answer(Later later);
    void answered(Response response);
    void begin_response();
    [[nodiscard]] Response broken_promise(const std::exception_ptr& thrown) const;
    void end_request();
    void begin_goodbye();
    [[nodiscard]] net::Tick rate_deadline(std::uint64_t bytes_so_far) const;
    void set_body_deadline(std::uint64_t bytes_so_far);

    void expired() override;
    void drained() override;
    void rules_changed() override;
    void second_look() override;

    struct Exchange;  // one request and its response: exists only while one is under way

    Site& site_;
    net::TlsConnection connection_;
    const Ended& ended_;
    net::Address peer_;
    net::Tick phase_began_ = 0;
    std::unique_ptr<Exchange> exchange_;
    Plaintext plaintext_;
    Phase phase_ = Phase::handshake;
    bool over_ = false;     // the next step ends it
    bool asked_ = false;    // a request was answered here
    bool waiting_ = false;  // suspended at the socket
    bool lingering_ = false;
    bool body_unread_ = false;  // the last answer did not wait for all of its request
    bool stalled_ = false;      // a stream's peer does not read at present
    std::uint8_t turns_ = 0;    // requests and file chunks since others had theirs
};

}  // namespace gatehouse::http
