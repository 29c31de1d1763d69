// Records what came of dispositions: what comes while the disk is waited for is recorded together by the next
// transaction. Owned by the syndication, with which it shares one executor and one thread.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "server/integrations/disposition.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::integrations {

/// What came of an attempt, to be recorded.
struct DispositionOutcome {
    Delivery::Kind kind = Delivery::Kind::delivered;
    std::int64_t id = 0;
    std::int64_t service = 0;
    std::string message = {};
    std::chrono::seconds again_in{0};  ///< with `again`
};

class Outcomes : public std::enable_shared_from_this<Outcomes> {
public:
    using Record = std::function<boost::asio::awaitable<base::Result<void>>(std::vector<DispositionOutcome> outcomes)>;

    /// Where it could not be recorded, after `pause` again. What `record` refers to must last until it is idle, or
    /// abandoned; the log until the loop's last turn.
    Outcomes(const boost::asio::any_io_executor& executor, base::Log& log, Record record,
             std::chrono::milliseconds pause);

    using Recorded = std::function<void(const std::vector<DispositionOutcome>& outcomes, bool after_failure)>;
    /// What is called with outcomes that are recorded. `after_failure`: nothing could be, until now. Before the first
    /// `add`.
    void tell(Recorded recorded) { recorded_ = std::move(recorded); }
    void add(DispositionOutcome outcome);
    /// Nothing can be recorded at the moment: what is begun now may have to be done again.
    [[nodiscard]] bool is_stuck() const { return stuck_; }
    /// Tries each once more; `idle` is called when nothing is under way any more, perhaps at once.
    void stop(std::function<void()> idle);
    /// Nobody waits for anything any more.
    void abandon();

private:
    boost::asio::awaitable<void> record_all(std::shared_ptr<Outcomes> self);
    // Also what `record_` throws is a failure to record.
    boost::asio::awaitable<base::Result<void>> tried(std::vector<DispositionOutcome> batch);
    void ended();
    void complain(const base::Error& error);

    boost::asio::any_io_executor executor_;
    base::Log& log_;
    Record record_;
    std::chrono::milliseconds pause_;
    boost::asio::steady_timer timer_;
    Recorded recorded_;
    std::function<void()> idle_;
    std::vector<DispositionOutcome> waiting_;
    bool running_ = false;
    bool stuck_ = false;
    bool stopping_ = false;
    bool abandoned_ = false;
    bool complained_ = false;  // since something was recorded last
};

}  // namespace gatehouse::integrations
