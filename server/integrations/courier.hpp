// Tells one disposition update service what waits for it: so many calls at a time while it is there, one now and then,
// to look, while it is away. Only so much of what waits is in memory as is about to be told. One for each service,
// made by the syndication, with which it shares one executor and one thread.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "server/integrations/disposition.hpp"
#include "server/integrations/outcomes.hpp"
#include "server/integrations/standing.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace gatehouse::integrations {

/// What may be told now.
struct DueDispositions {
    std::vector<Disposition> dispositions;
    std::optional<std::chrono::milliseconds> next_in;  ///< when there will be more; nullopt: nothing waits for a time
};

/// Where dispositions come from and outcomes go to. Awaited on the syndication's executor.
struct SyndicationWork {
    template <class T>
    using Later = boost::asio::awaitable<base::Result<T>>;

    /// At most `limit` of this service that may be tried now, but for those in `held`; one of each content. They stay
    /// where they are: what is never recorded is taken again, by the next process at the latest.
    std::function<Later<DueDispositions>(std::int64_t service, std::size_t limit, std::vector<std::int64_t> held)> take;
    /// All of them, or none. Tried again until it succeeds or the syndication stops, so it must do no harm where it had
    /// succeeded already. An outcome `away` stands for the whole service; there is one for each look at it.
    Outcomes::Record record;
};

/// How often and how long. As it is, for the daemon.
struct SyndicationPace {
    std::chrono::milliseconds first_back_off{1000};  ///< of a service that is away, doubled each time it still is
    std::chrono::milliseconds longest_back_off{900000};
    std::chrono::milliseconds first_again{30000};  ///< of one disposition, doubled with each attempt
    std::chrono::milliseconds longest_again{900000};
    std::chrono::milliseconds look_every{30000};  ///< while nothing wakes it
    std::chrono::milliseconds record_again{2000};
    std::chrono::milliseconds farewell{5000};  ///< how long calls under way may take once it stops
    std::function<double()> random = {};       ///< 0 to 1, for the jitter; null: a generator of its own
};

class Courier : public std::enable_shared_from_this<Courier> {
public:
    /// What the couriers of a syndication share; it outlives the last of them. The log must outlive the loop's last
    /// turn, what `work` and `deliver` refer to must last until each courier has left or was abandoned.
    struct Office {
        boost::asio::any_io_executor executor;
        base::Log& log;
        SyndicationWork work;
        Deliver deliver;
        SyndicationPace pace;                 ///< with a generator
        std::shared_ptr<Outcomes> outcomes;   ///< of work.record
        std::function<void()> state_changed;  ///< of one of them
    };

    Courier(std::shared_ptr<const Office> office, DispositionService service, std::size_t at_once);

    /// Begins. `left` is called once: after `leave`, when no call is under way any more.
    void begin(std::function<void()> left);
    /// Another version of the service is tried at once, be it away, and told what calls of the former one are under way
    /// with too.
    void renew(DispositionService service, std::size_t at_once);
    /// Something may wait.
    void wake();
    /// One that is away is looked at now, however long it was to be left alone.
    void hasten();
    /// A test has reached it: as `hasten`, and where nothing waits it is away no more.
    void tested();
    /// What came of this one is where it belongs: it may be taken again, and who stood behind it be told.
    void recorded(std::int64_t id);
    /// Begins no call any more; what those under way come to is recorded.
    void leave();
    /// Breaks off calls under way; nothing of them is recorded, and `left` is not called.
    void abandon();

    [[nodiscard]] ServiceState state() const;

private:
    using SignalPtr = std::shared_ptr<boost::asio::cancellation_signal>;

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<std::optional<std::chrono::milliseconds>> refill();
    boost::asio::awaitable<void> wait(std::optional<std::chrono::milliseconds> next_in);
    [[nodiscard]] bool may_call() const;
    void call_ready();
    void begin_call(Disposition disposition);
    boost::asio::awaitable<Delivery> call(DispositionService service, Disposition disposition);
    void called(const Disposition& disposition, std::int64_t version, unsigned round, const Delivery& delivery);
    [[nodiscard]] bool noticed(unsigned round, const Delivery& delivery);
    [[nodiscard]] DispositionOutcome outcome_of(const Disposition& disposition, const Delivery& delivery) const;
    void log_trouble(const Disposition& disposition, const Delivery& delivery);
    void is_back();
    void complain(const base::Error& error);
    void end_if_idle();

    std::shared_ptr<const Office> office_;
    DispositionService service_;
    std::size_t at_once_;
    Standing standing_;
    std::deque<Disposition> ready_;  // taken, not begun
    std::set<std::int64_t> held_;    // taken, and what came of it is not recorded
    std::list<SignalPtr> calls_;     // under way
    boost::asio::steady_timer bell_;
    bool rung_ = false;
    bool running_ = false;
    bool leaving_ = false;
    bool abandoned_ = false;
    bool refusing_ = false;    // one was refused, since one was delivered
    bool tested_ = false;      // it was reached, and what waits was not looked at since
    std::string retried_;      // what came of one that is tried again, since one of those was delivered
    bool complained_ = false;  // of what could not be taken, since something was
    std::function<void()> left_;
};

}  // namespace gatehouse::integrations
