#include "server/net/worker.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <ctime>
#include <pthread.h>
#include <stdexcept>
#include <utility>

namespace gatehouse::net {

namespace asio = boost::asio;
using std::chrono::steady_clock;

Timed::Timed(Worker& worker) : worker_(&worker), next_(worker.first_) {
    if (next_ != nullptr) next_->previous_ = this;
    worker.first_ = this;
    ++worker.connections_;
}

Timed::~Timed() {
    (previous_ != nullptr ? previous_->next_ : worker_->first_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    --worker_->connections_;
    worker_->end_if_drained();
}

void Timed::set_deadline(std::uint64_t seconds) {
    // One more: the present tick has partly gone by.
    deadline_ = worker_->now_ + seconds * ticks_per_second + 1;
}

// UNSAFE_IO: one thread does all input and output of this loop, so the reactor needs no locks; posting stays safe.
Worker::Worker(std::chrono::milliseconds tick)
    : bio_method_(TlsConnection::make_bio_method()),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(io_.get_executor()),
      sweep_timer_(io_),
      tick_(tick),
      began_(steady_clock::now()) {
    if (!bio_method_) throw std::runtime_error("OpenSSL has no memory for a BIO method");
}

Worker::~Worker() {
    join();
}

void Worker::start(const std::string& thread_name) {
    schedule_sweep();
    std::promise<void> end;
    ended_ = end.get_future();
    thread_ = std::thread([this, thread_name, end = std::move(end)]() mutable {
        pthread_setname_np(pthread_self(), thread_name.c_str());
        io_.run();
        end.set_value();
    });
}

void Worker::post(std::function<void()> task) {
    asio::post(io_, std::move(task));
}

bool Worker::ended() const {
    return !ended_.valid() || ended_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

void Worker::wait_until(std::chrono::steady_clock::time_point deadline) const {
    if (ended_.valid()) ended_.wait_until(deadline);
}

void Worker::join() {
    if (thread_.joinable()) thread_.join();
}

void Worker::schedule_sweep() {
    sweep_timer_.expires_after(tick_);
    sweep_timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        sweep();
        schedule_sweep();
        end_if_drained();
    });
}

void Worker::sweep() {
    now_ = static_cast<Tick>((steady_clock::now() - began_) / tick_);
    // `expired` and `second_look` only wake: no connection leaves the list while it is walked.
    for (Timed* timed = first_; timed != nullptr; timed = timed->next_) {
        if (timed->deadline_ <= now_) {
            timed->deadline_ = never;
            timed->expired();
        } else if (timed->looks_ > 0 && --timed->looks_ == 0) {
            timed->second_look();
        }
    }
    if (connections_ == 0) buffers_.trim();
}

void Worker::drain() {
    draining_ = true;
    for (Timed* timed = first_; timed != nullptr; timed = timed->next_)
        timed->drained();
    end_if_drained();
}

void Worker::abandon() {
    abandoned_ = true;
    for (Timed* timed = first_; timed != nullptr; timed = timed->next_)
        timed->expired();
}

void Worker::tell_rules_changed() {
    for (Timed* timed = first_; timed != nullptr; timed = timed->next_)
        timed->rules_changed();
}

void Worker::end_if_drained() {
    if (!draining_ || connections_ > 0) return;
    sweep_timer_.cancel();
    work_.reset();
}

const std::string& Worker::http_date() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != date_second_) {
        date_second_ = now.tv_sec;
        // Not strftime: day and month names must be English whatever the locale.
        static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        tm utc{};
        gmtime_r(&now.tv_sec, &utc);
        std::array<char, 40> text{};
        std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                      days.at(static_cast<unsigned>(utc.tm_wday)), utc.tm_mday,
                      months.at(static_cast<unsigned>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                      utc.tm_sec);
        date_ = text.data();
    }
    return date_;
}

}  // namespace gatehouse::net
