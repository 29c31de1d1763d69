// A worker: one thread with its own event loop, its own buffers and its own connections. Nothing here is shared with
// another worker; other threads reach it by `post` alone. Owned by server/workers.
#pragma once

#include "server/net/buffers.hpp"
#include "server/net/tls_connection.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace gatehouse::net {

class Worker;

/// Half seconds since the worker began: what deadlines are counted in.
using Tick = std::uint64_t;
inline constexpr Tick ticks_per_second = 2;
inline constexpr Tick never = ~Tick{0};

/// A connection in its worker's list, with the one deadline it has at a time.
class Timed {
public:
    explicit Timed(Worker& worker);
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;
    virtual ~Timed();

    /// Its deadline has passed; told once, then it has none.
    virtual void expired() = 0;
    /// The worker drains: end now if nothing is under way.
    virtual void drained() = 0;
    /// What the doors let in has changed: end now where it would not be let in any more.
    virtual void rules_changed() {}
    /// Once, about a second after `ask_second_look` (http::Session says what for).
    virtual void second_look() = 0;

protected:
    Worker& worker() const { return *worker_; }
    /// At least `seconds` from now, at most one second later.
    void set_deadline(std::uint64_t seconds);
    void set_deadline_at(Tick tick) { deadline_ = tick; }
    void forget_deadline() { deadline_ = never; }
    /// Asks for one `second_look` at one of the next sweeps.
    void ask_second_look() { looks_ = 2; }
    void forget_second_look() { looks_ = 0; }

private:
    friend class Worker;
    Worker* worker_;
    Timed* previous_ = nullptr;
    Timed* next_ = nullptr;
    Tick deadline_ = never;
    std::uint8_t looks_ = 0;  // sweeps until the second look; 0: none
};

class Worker {
public:
    /// `tick`: how long half a second is taken to be; the tests have no time for real ones. Errors are thrown: a
    /// machine that has no memory for an event loop has none for a server.
    explicit Worker(std::chrono::milliseconds tick = std::chrono::milliseconds(1000 / ticks_per_second));
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    void start(const std::string& thread_name);
    /// Runs `task` on the worker's thread; from any thread.
    void post(std::function<void()> task);
    /// From its own thread: idle connections end now, busy ones after their response; when the last one is gone the
    /// loop ends. New connections must not come any more.
    void drain();
    /// From its own thread: every connection ends now, or as soon as the handler that it waits for has answered.
    void abandon();
    /// From its own thread: what the doors let in has changed; connections that this concerns end.
    void tell_rules_changed();
    /// Whether the thread's loop has ended; any thread.
    [[nodiscard]] bool ended() const;
    /// Waits for the thread's end, at most until `deadline`.
    void wait_until(std::chrono::steady_clock::time_point deadline) const;
    /// Waits for the thread's end.
    void join();

    [[nodiscard]] boost::asio::io_context& io() { return io_; }
    [[nodiscard]] BufferPool& buffers() { return buffers_; }
    [[nodiscard]] BIO_METHOD* bio_method() { return bio_method_.get(); }
    [[nodiscard]] Tick now() const { return now_; }
    [[nodiscard]] bool draining() const { return draining_; }
    [[nodiscard]] bool abandoned() const { return abandoned_; }
    /// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), at most one second old.
    [[nodiscard]] const std::string& http_date();

private:
    friend class Timed;
    void schedule_sweep();
    void sweep();
    void end_if_drained();

    // Destroyed last to first: connections use the buffers, the loop may hold operations of connections.
    BufferPool buffers_;
    TlsConnection::BioMethodPtr bio_method_;
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer sweep_timer_;
    std::chrono::milliseconds tick_;
    std::chrono::steady_clock::time_point began_;
    Tick now_ = 0;
    Timed* first_ = nullptr;
    std::size_t connections_ = 0;
    bool draining_ = false;
    bool abandoned_ = false;
    std::string date_;
    std::int64_t date_second_ = -1;
    std::future<void> ended_;
    std::thread thread_;
};

}  // namespace gatehouse::net
