#include "server/integrations/analysis_queue.hpp"

#include "base/broken_promise.hpp"
#include "base/shared.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <list>
#include <string_view>
#include <utility>

namespace gatehouse::integrations {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Kind = NoVerdict::Kind;

namespace {

constexpr auto with_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

// What lives as long as a coroutine of the queue's.
class AnalysisQueue::Shop : public std::enable_shared_from_this<Shop> {
public:
    Shop(const asio::any_io_executor& executor, base::Log& log, net::Pool& pool, AnalysisWork work, AnalysisPace pace)
        : executor_(executor), log_(log), pool_(pool), work_(std::move(work)), pace_(pace), bell_(executor) {}

    void configure(const config::AnalysisSettings& settings);
    void wake() {
        rung_ = true;
        bell_.cancel();
    }
    [[nodiscard]] EngineState state() const { return *shown_.load(); }
    void stop(std::function<void()> done);
    /// Nobody waits for the end, and what `work_` refers to may be gone.
    void abandon() {
        abandoned_ = true;
        stop([] {});
    }
    [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

private:
    using Running = std::shared_ptr<Engine>;

    asio::awaitable<void> run();
    asio::awaitable<void> look_at_engine();
    asio::awaitable<void> take_turns();
    asio::awaitable<void> wait(milliseconds longest);
    void begin(Turn turn);
    asio::awaitable<void> judge(Running engine, Turn turn);
    void tell_sent(const std::string& id);
    void look_again_in(std::chrono::seconds pause);
    asio::awaitable<void> tell(Turn turn, Judgement judgement);
    asio::awaitable<bool> recorded(std::string_view what, base::Result<void> outcome);
    void ended(const std::exception_ptr& thrown);
    void end_if_idle();

    void met(const EngineName& name);
    void missed(const NoVerdict& failure);
    void show();
    void complain(const base::Error& error);
    [[nodiscard]] std::optional<std::chrono::seconds> again_after(const NoVerdict& failure, unsigned attempt) const;

    asio::any_io_executor executor_;
    base::Log& log_;
    net::Pool& pool_;
    AnalysisWork work_;
    AnalysisPace pace_;
    Running engine_;               // null: none is configured
    std::list<Running> employed_;  // by samples under way, one for each
    std::size_t most_ = 0;
    asio::steady_timer bell_;
    bool rung_ = false;
    std::list<asio::steady_timer> pauses_;  // of outcomes that could not be recorded
    bool known_ = false;                    // whether the engine can be reached was seen since it was configured
    steady_clock::time_point seen_;         // it was reached then
    EngineState state_;
    base::Shared<EngineState> shown_{std::make_shared<const EngineState>()};
    milliseconds back_off_{0};
    steady_clock::time_point not_before_;  // while the engine is away
    // When the next one that had to pause may be taken, as far as is known here.
    steady_clock::time_point next_try_ = steady_clock::time_point::max();
    bool begun_ = false;
    bool running_ = false;
    bool stopping_ = false;
    bool abandoned_ = false;
    bool complained_ = false;  // of work that failed, since it last succeeded
    std::function<void()> done_;
};

// ---------------------------------------------------------------- settings and state

void AnalysisQueue::Shop::configure(const config::AnalysisSettings& settings) {
    if (stopping_ || (begun_ && engine_ && engine_->settings() == settings)) return;
    engine_.reset();
    most_ = settings.at_once;
    known_ = false;
    back_off_ = milliseconds(0);
    not_before_ = steady_clock::now();
    state_ = EngineState{!settings.socket.empty(), false, {}, {}, employed_.size()};
    if (state_.configured) {
        engine_ = Engine::make(executor_, pool_, settings, pace_.engine);
        state_.message = "The analysis engine is being looked for.";
    } else {
        state_.message = "No analysis engine is configured: samples are kept and wait.";
    }
    show();
    wake();
    if (begun_) return;
    begun_ = true;
    running_ = true;
    asio::co_spawn(executor_, run(), [self = shared_from_this()](const std::exception_ptr& thrown) {
        self->running_ = false;
        if (thrown) self->complain(base::broken_promise(thrown));
        self->end_if_idle();
    });
}

void AnalysisQueue::Shop::show() {
    shown_.store(std::make_shared<const EngineState>(state_));
}

void AnalysisQueue::Shop::met(const EngineName& name) {
    if (!state_.reachable) {
        const std::string who = name.name.empty() ? "" : " (" + name.name + " " + name.version + ")";
        log_.info("analysis.reachable",
                  "The analysis engine at " + engine_->settings().socket.string() + " answers" + who + ".");
    }
    known_ = true;
    seen_ = steady_clock::now();
    state_.reachable = true;
    state_.message.clear();
    state_.engine = name;
    show();
}

void AnalysisQueue::Shop::missed(const NoVerdict& failure) {
    if (state_.reachable || !known_) {
        log_.warning("analysis.unreachable", failure.error.text() + " Samples wait.", {{"code", failure.error.code}});
    }
    known_ = true;
    state_.reachable = false;
    state_.message = failure.error.message;
    back_off_ = std::clamp(back_off_ * 2, pace_.first_back_off, pace_.longest_back_off);
    not_before_ = steady_clock::now() + back_off_;
    show();
}

void AnalysisQueue::Shop::complain(const base::Error& error) {
    if (!complained_) log_.error("analysis.not_recorded", error.text(), {{"code", error.code}});
    complained_ = true;
}

// ---------------------------------------------------------------- taking turns

// Until something rings, or so long; but not before an engine that is away is to be looked for again.
asio::awaitable<void> AnalysisQueue::Shop::wait(milliseconds longest) {
    const auto now = steady_clock::now();
    const bool away = engine_ && known_ && !state_.reachable;
    if (!rung_ || (away && not_before_ > now && !stopping_)) {
        bell_.expires_at(away ? std::max(now, not_before_) : std::min(now + longest, std::max(now, next_try_)));
        (void)co_await bell_.async_wait(with_result);
    }
    rung_ = false;
    if (steady_clock::now() >= next_try_) next_try_ = steady_clock::time_point::max();
}

void AnalysisQueue::Shop::look_again_in(std::chrono::seconds pause) {
    next_try_ = std::min(next_try_, steady_clock::now() + pause);
}

asio::awaitable<void> AnalysisQueue::Shop::run() {
    const auto self = shared_from_this();
    while (!stopping_) {
        if (engine_ && steady_clock::now() >= not_before_) {
            co_await look_at_engine();
            co_await take_turns();
        }
        if (!stopping_) co_await wait(pace_.look_every);
    }
}

// An engine that is at work is there, and so is one that was a moment ago.
asio::awaitable<void> AnalysisQueue::Shop::look_at_engine() {
    const bool fresh = steady_clock::now() - seen_ < pace_.look_every;
    if (known_ && state_.reachable && (fresh || !employed_.empty())) co_return;
    const Running engine = engine_;
    const auto name = co_await engine->greet();
    if (engine != engine_ || stopping_) co_return;  // another one was configured meanwhile
    if (name) {
        met(*name);
    } else {
        missed(name.error());
    }
}

asio::awaitable<void> AnalysisQueue::Shop::take_turns() {
    while (!stopping_ && engine_ && state_.reachable && employed_.size() < most_) {
        auto turn = co_await work_.take();
        if (abandoned_) co_return;
        if (!turn) {
            complain(turn.error());
            co_return;
        }
        complained_ = false;
        if (!*turn) co_return;
        begin(std::move(**turn));
    }
}

void AnalysisQueue::Shop::begin(Turn turn) {
    // Where the engine was taken away while the turn was taken, it goes to nobody and is put back.
    const Running engine = engine_ && !stopping_ ? engine_ : nullptr;
    employed_.push_back(engine);
    state_.under_way = employed_.size();
    show();
    asio::co_spawn(executor_, judge(engine, std::move(turn)),
                   [self = shared_from_this(), at = std::prev(employed_.end())](const std::exception_ptr& thrown) {
                       self->employed_.erase(at);
                       self->ended(thrown);
                   });
}

void AnalysisQueue::Shop::ended(const std::exception_ptr& thrown) {
    if (thrown) complain(base::broken_promise(thrown));
    state_.under_way = employed_.size();
    show();
    wake();
    end_if_idle();
}

asio::awaitable<void> AnalysisQueue::Shop::judge(Running engine, Turn turn) {
    const auto self = shared_from_this();
    Judgement judgement = no_verdict(Kind::stopped, "stopping", "The analysis was called off.");
    if (engine) {
        auto judging = engine->judge(turn.sample, [this, &turn] { tell_sent(turn.sample.id); });
        judgement = co_await std::move(judging);
    }
    const bool away = !judgement && judgement.error().kind == Kind::unavailable;
    const bool stopped = !judgement && judgement.error().kind == Kind::stopped;
    if (engine == engine_ && !stopping_) {
        if (away && state_.reachable) missed(judgement.error());  // the first of several that found it so
        if (!away && !stopped) seen_ = steady_clock::now();
        if (!away && !stopped) back_off_ = milliseconds(0);  // not before: it may be there and take nothing
    }
    co_await tell(std::move(turn), std::move(judgement));
}

// ---------------------------------------------------------------- outcomes

void AnalysisQueue::Shop::tell_sent(const std::string& id) {
    if (abandoned_) return;
    asio::co_spawn(executor_, work_.sent(id),
                   [self = shared_from_this()](const std::exception_ptr& thrown, const base::Result<void>& told) {
                       if (thrown) self->complain(base::broken_promise(thrown));
                       if (!thrown && !told && !self->stopping_) self->complain(told.error());
                   });
}

std::optional<std::chrono::seconds> AnalysisQueue::Shop::again_after(const NoVerdict& failure, unsigned attempt) const {
    if (failure.kind == Kind::refused || attempt >= pace_.most_attempts) return std::nullopt;
    constexpr unsigned longer = 4;
    std::chrono::seconds in = pace_.again_in;
    for (unsigned i = 1; i < attempt; ++i)
        in *= longer;
    return in;
}

asio::awaitable<void> AnalysisQueue::Shop::tell(Turn turn, Judgement judgement) {
    const std::string& id = turn.sample.id;
    bool done = false;
    if (judgement) {
        while (!done && !abandoned_) {
            auto outcome = co_await work_.judged(id, *judgement);
            done = co_await recorded("judged", std::move(outcome));
        }
        co_return;
    }
    const NoVerdict& failure = judgement.error();
    if (failure.kind == Kind::unavailable || failure.kind == Kind::stopped) {
        std::optional<std::chrono::seconds> pause;
        if (failure.error.code == "engine_busy") pause = pace_.again_in;
        if (pause) look_again_in(*pause);
        while (!done && !abandoned_) {
            auto outcome = co_await work_.put_back(id, pause);
            done = co_await recorded("put back", std::move(outcome));
        }
        co_return;
    }
    const auto again_in = again_after(failure, turn.attempt);
    log_.warning("analysis.failed",
                 failure.error.text() + (again_in ? " It is tried again." : " It is not tried again."),
                 {{"code", failure.error.code}, {"sample", id}, {"attempt", std::to_string(turn.attempt)}});
    if (again_in) look_again_in(*again_in);
    while (!done && !abandoned_) {
        auto outcome = co_await work_.failed(id, failure.error, again_in);
        done = co_await recorded("failed", std::move(outcome));
    }
}

// Whether there is nothing more to be done about an outcome; else after a pause.
asio::awaitable<bool> AnalysisQueue::Shop::recorded(std::string_view what, base::Result<void> outcome) {
    if (outcome) complained_ = false;
    if (outcome || abandoned_) co_return true;
    base::Error error = std::move(outcome.error());
    error.message = "That a sample is " + std::string(what) + " could not be recorded. " + error.message;
    complain(error);
    if (stopping_) co_return true;  // after a start it waits again
    const auto pause = pauses_.emplace(pauses_.end(), executor_, pace_.record_again);
    (void)co_await pause->async_wait(with_result);
    pauses_.erase(pause);
    co_return false;
}

void AnalysisQueue::Shop::stop(std::function<void()> done) {
    done_ = std::move(done);
    stopping_ = true;
    if (engine_) engine_->stop();
    for (const Running& engine : employed_) {
        if (engine) engine->stop();
    }
    for (asio::steady_timer& pause : pauses_)
        pause.cancel();
    wake();
    end_if_idle();
}

void AnalysisQueue::Shop::end_if_idle() {
    if (!stopping_ || running_ || !employed_.empty() || !done_) return;
    asio::post(executor_, std::exchange(done_, nullptr));
}

// ---------------------------------------------------------------- the queue

AnalysisQueue::AnalysisQueue(const asio::any_io_executor& executor, base::Log& log, net::Pool& pool, AnalysisWork work,
                             AnalysisPace pace)
    : shop_(std::make_shared<Shop>(executor, log, pool, std::move(work), pace)) {}

AnalysisQueue::~AnalysisQueue() {
    shop_->abandon();
}

void AnalysisQueue::configure(const config::AnalysisSettings& settings) {
    shop_->configure(settings);
}

void AnalysisQueue::wake() {
    asio::post(shop_->executor(), [weak = std::weak_ptr<Shop>(shop_)] {
        if (const auto shop = weak.lock()) shop->wake();
    });
}

EngineState AnalysisQueue::state() const {
    return shop_->state();
}

void AnalysisQueue::stop(std::function<void()> done) {
    shop_->stop(std::move(done));
}

}  // namespace gatehouse::integrations
