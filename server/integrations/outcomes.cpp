#include "server/integrations/outcomes.hpp"

#include "base/broken_promise.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace gatehouse::integrations {

namespace asio = boost::asio;

namespace {

constexpr auto after_pause = asio::as_tuple(asio::use_awaitable);

}  // namespace

Outcomes::Outcomes(const asio::any_io_executor& executor, base::Log& log, Record record,
                   std::chrono::milliseconds pause)
    : executor_(executor), log_(log), record_(std::move(record)), pause_(pause), timer_(executor) {}

void Outcomes::add(DispositionOutcome outcome) {
    if (abandoned_) return;
    waiting_.push_back(std::move(outcome));
    if (std::exchange(running_, true)) return;
    asio::co_spawn(executor_, record_all(shared_from_this()),
                   [self = shared_from_this()](const std::exception_ptr& thrown) {
                       if (!thrown) return;
                       self->complain(base::broken_promise(thrown));
                       self->ended();
                   });
}

// The last act of the coroutine itself: who adds something right behind it finds that nobody records any more.
void Outcomes::ended() {
    running_ = false;
    if (stopping_ && idle_) std::exchange(idle_, nullptr)();
}

asio::awaitable<base::Result<void>> Outcomes::tried(std::vector<DispositionOutcome> batch) {
    try {
        auto recording = record_(std::move(batch));
        co_return co_await std::move(recording);
    } catch (...) {
        co_return base::fail(base::broken_promise(std::current_exception()));
    }
}

asio::awaitable<void> Outcomes::record_all(std::shared_ptr<Outcomes> /*self*/) {
    while (!waiting_.empty() && !abandoned_) {
        const std::vector<DispositionOutcome> batch = std::exchange(waiting_, {});
        auto trying = tried(batch);
        const auto recorded = co_await std::move(trying);
        if (abandoned_) break;
        if (recorded) {
            complained_ = false;
            const bool after_failure = std::exchange(stuck_, false);
            if (recorded_) recorded_(batch, after_failure);
            continue;
        }
        complain(recorded.error());
        if (stopping_) break;  // they are told again after a start
        stuck_ = true;
        waiting_.insert(waiting_.begin(), batch.begin(), batch.end());
        timer_.expires_after(pause_);
        (void)co_await timer_.async_wait(after_pause);
    }
    ended();
}

void Outcomes::complain(const base::Error& error) {
    if (!complained_) {
        log_.error(
            "syndication.not_recorded",
            "What came of dispositions could not be recorded; those that arrived may be told again. " + error.text(),
            {{"code", error.code}});
    }
    complained_ = true;
}

void Outcomes::stop(std::function<void()> idle) {
    stopping_ = true;
    timer_.cancel();
    if (!running_) return idle();
    idle_ = std::move(idle);
}

void Outcomes::abandon() {
    abandoned_ = true;
    stopping_ = true;
    recorded_ = nullptr;
    idle_ = nullptr;
    timer_.cancel();
}

}  // namespace gatehouse::integrations
