#include "server/system/watchdog.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <string>
#include <utility>

namespace gatehouse::system {

namespace asio = boost::asio;

// Touched on its own executor only: a loop answers by posting back. Handlers share it, so that a late answer finds it.
class Watchdog::Rounds : public std::enable_shared_from_this<Rounds> {
public:
    Rounds(const asio::any_io_executor& executor, std::vector<asio::any_io_executor> loops, Notify& notify,
           base::Log& log, std::chrono::microseconds interval)
        : timer_(executor),
          loops_(std::move(loops)),
          answered_(loops_.size(), true),
          notify_(notify),
          log_(log),
          interval_(interval) {}

    void begin() {
        missing_ = loops_.size();
        for (std::size_t i = 0; i < loops_.size(); ++i) {
            answered_[i] = false;
            asio::post(loops_[i], [self = shared_from_this(), i] {
                asio::post(self->timer_.get_executor(), [self, i] { self->answer(i); });
            });
        }
        if (loops_.empty()) notify_.watchdog();
        await_next();
    }

    void stop() {
        stopped_ = true;
        timer_.cancel();
    }

private:
    void await_next() {
        timer_.expires_after(interval_ / 2);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->stopped_) return;
            if (self->missing_ == 0) {
                self->begin();
            } else {
                self->complain();
                self->await_next();
            }
        });
    }

    void answer(std::size_t loop) {
        if (stopped_) return;
        answered_[loop] = true;
        if (--missing_ > 0) return;
        notify_.watchdog();
    }

    void complain() {
        std::string silent;
        for (std::size_t i = 0; i < answered_.size(); ++i) {
            if (!answered_[i]) silent += (silent.empty() ? "" : ", ") + std::to_string(i);
        }
        log_.error("system.watchdog", "Workers do not turn: the watchdog is not fed, and systemd will end the service.",
                   {{"workers", silent}});
    }

    asio::steady_timer timer_;
    std::vector<asio::any_io_executor> loops_;
    std::vector<bool> answered_;
    std::size_t missing_ = 0;
    Notify& notify_;
    base::Log& log_;
    std::chrono::microseconds interval_;
    bool stopped_ = false;
};

Watchdog::Watchdog(const asio::any_io_executor& executor, std::vector<asio::any_io_executor> loops, Notify& notify,
                   base::Log& log, std::chrono::microseconds interval)
    : rounds_(std::make_shared<Rounds>(executor, std::move(loops), notify, log, interval)) {
    rounds_->begin();
}

Watchdog::~Watchdog() {
    rounds_->stop();
}

}  // namespace gatehouse::system
