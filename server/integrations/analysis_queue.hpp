// Has waiting samples judged: a bounded number at a time, by the engine that the settings name, whenever one is
// submitted and now and then; while the engine cannot be reached it only looks whether it is back. What waits is kept
// by somebody else (AnalysisWork). Owned by Depot, on one executor that runs one handler at a time.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "server/integrations/engine.hpp"
#include "server/integrations/verdict.hpp"
#include "server/net/pool.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gatehouse::integrations {

/// A sample whose turn has come.
struct Turn {
    Sample sample;
    unsigned attempt = 1;  ///< with this one; the first is 1
};

/// Where waiting samples come from and verdicts go to. Each is awaited on the queue's executor, `take` never twice at a
/// time. None but `take` and `sent` is given up while it fails: it is called again until it succeeds or the queue
/// stops, so it must do no harm where it had succeeded already.
struct AnalysisWork {
    template <class T>
    using Later = boost::asio::awaitable<base::Result<T>>;

    /// The sample that waits longest and may be tried now, which is under way from then on and had one attempt more;
    /// nullopt: none waits. What was under way when the daemon ended must be waiting again after a start.
    std::function<Later<std::optional<Turn>>()> take;
    /// The engine has all of it. Tried once: it is for people to see.
    std::function<Later<void>(std::string id)> sent;
    /// It has its verdict.
    std::function<Later<void>(std::string id, Verdict verdict)> judged;
    /// The attempt gave none. `again_in`: it waits, and may be taken again after that time; nullopt: it has failed for
    /// good. `why` is for the submitter to read.
    std::function<Later<void>(std::string id, base::Error why, std::optional<std::chrono::seconds> again_in)> failed;
    /// There was no attempt after all: it waits as if it had not been taken. `again_in`: others go before it so long,
    /// since the engine, which is there, does not take this one.
    std::function<Later<void>(std::string id, std::optional<std::chrono::seconds> again_in)> put_back;
};

/// How often and how long. As it is, for the daemon.
struct AnalysisPace {
    unsigned most_attempts = 3;
    std::chrono::seconds again_in{30};               ///< after the first failure; then four times as long each
    std::chrono::milliseconds look_every{30000};     ///< while nothing wakes it
    std::chrono::milliseconds first_back_off{1000};  ///< doubled each time the engine is still away
    std::chrono::milliseconds longest_back_off{60000};
    std::chrono::milliseconds record_again{2000};  ///< where an outcome could not be recorded
    EnginePatience engine;
};

/// What is known of the engine, for status pages.
struct EngineState {
    bool configured = false;
    bool reachable = false;
    std::string message;  ///< why samples wait; empty while they need not
    EngineName engine;    ///< empty where it does not say
    std::size_t under_way = 0;
};

class AnalysisQueue {
public:
    /// Does nothing before `configure`. Log and pool must outlive the loop's last turn, and what `work` refers to must
    /// last until `stop` is done.
    AnalysisQueue(const boost::asio::any_io_executor& executor, base::Log& log, net::Pool& pool, AnalysisWork work,
                  AnalysisPace pace = {});
    AnalysisQueue(const AnalysisQueue&) = delete;
    AnalysisQueue& operator=(const AnalysisQueue&) = delete;
    /// As `stop`, but what is under way is not put back.
    ~AnalysisQueue();

    /// Uses these settings from now on; what is under way ends with those it began with. On the executor.
    void configure(const config::AnalysisSettings& settings);
    /// Something may wait. Any thread.
    void wake();
    /// Any thread.
    [[nodiscard]] EngineState state() const;
    /// Begins nothing any more, puts back what is under way, then calls `done`, on the executor. On the executor, once.
    void stop(std::function<void()> done);

private:
    class Shop;
    std::shared_ptr<Shop> shop_;
};

}  // namespace gatehouse::integrations
