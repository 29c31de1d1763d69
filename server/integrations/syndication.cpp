#include "server/integrations/syndication.hpp"

#include "base/shared.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

namespace gatehouse::integrations {

namespace asio = boost::asio;

namespace {

SyndicationPace with_generator(SyndicationPace pace) {
    if (!pace.random) {
        pace.random = [generator = std::mt19937(std::random_device{}()),
                       evenly = std::uniform_real_distribution<double>(0.0, 1.0)]() mutable {
            return evenly(generator);
        };
    }
    return pace;
}

}  // namespace

// What lives as long as a coroutine of the syndication's.
class Syndication::House : public std::enable_shared_from_this<House> {
public:
    House(const asio::any_io_executor& executor, base::Log& log, SyndicationWork work, Deliver deliver,
          SyndicationPace pace)
        : executor_(executor),
          farewell_(executor),
          patience_(pace.farewell),
          outcomes_(std::make_shared<Outcomes>(executor, log, work.record, pace.record_again)),
          office_(std::make_shared<Courier::Office>(Courier::Office{
              executor, log, std::move(work), std::move(deliver), with_generator(std::move(pace)), outcomes_, {}})) {}

    /// Before anything else.
    void open();
    void configure(std::vector<DispositionService> services, std::size_t at_once);
    void wake() {
        for (const auto& [id, courier] : couriers_)
            courier->wake();
    }
    void hasten(std::int64_t service) {
        const auto found = couriers_.find(service);
        if (found != couriers_.end()) found->second->hasten();
    }
    void hasten_all() {
        for (const auto& [id, courier] : couriers_)
            courier->hasten();
    }
    void tested(std::int64_t service) {
        const auto found = couriers_.find(service);
        if (found != couriers_.end()) found->second->tested();
    }
    [[nodiscard]] std::map<std::int64_t, ServiceState> states() const { return *shown_.load(); }
    void stop(std::function<void()> done);
    /// Nobody waits for the end, and what work and calls refer to may be gone.
    void abandon();
    [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

private:
    using CourierPtr = std::shared_ptr<Courier>;
    using States = std::map<std::int64_t, ServiceState>;

    [[nodiscard]] CourierPtr sent(DispositionService service, std::size_t at_once);
    void dismiss(const CourierPtr& courier);
    void recorded(const std::vector<DispositionOutcome>& outcomes, bool after_failure);
    void show();
    void end_if_idle();

    asio::any_io_executor executor_;
    asio::steady_timer farewell_;
    std::chrono::milliseconds patience_;
    std::shared_ptr<Outcomes> outcomes_;
    std::shared_ptr<Courier::Office> office_;
    std::map<std::int64_t, CourierPtr> couriers_;  // by their services
    std::set<CourierPtr> leaving_;                 // with calls under way
    base::Shared<States> shown_{std::make_shared<const States>()};
    bool stopping_ = false;
    std::function<void()> done_;
};

void Syndication::House::open() {
    outcomes_->tell([weak = weak_from_this()](const std::vector<DispositionOutcome>& outcomes, bool after_failure) {
        if (const auto self = weak.lock()) self->recorded(outcomes, after_failure);
    });
    office_->state_changed = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->show();
    };
}

void Syndication::House::configure(std::vector<DispositionService> services, std::size_t at_once) {
    if (stopping_) return;
    const std::size_t calls = std::max<std::size_t>(at_once, 1);
    std::map<std::int64_t, CourierPtr> former = std::exchange(couriers_, {});
    for (DispositionService& service : services) {
        const std::int64_t id = service.id;
        const auto found = former.find(id);
        if (found == former.end()) {
            couriers_[id] = sent(std::move(service), calls);
        } else {
            found->second->renew(std::move(service), calls);
            couriers_.insert(former.extract(found));
        }
    }
    for (const auto& [id, courier] : former)
        dismiss(courier);
    show();
}

Syndication::House::CourierPtr Syndication::House::sent(DispositionService service, std::size_t at_once) {
    auto courier = std::make_shared<Courier>(office_, std::move(service), at_once);
    courier->begin([weak = weak_from_this(), gone = std::weak_ptr<Courier>(courier)] {
        const auto self = weak.lock();
        if (!self) return;
        self->leaving_.erase(gone.lock());
        self->end_if_idle();
    });
    return courier;
}

void Syndication::House::dismiss(const CourierPtr& courier) {
    leaving_.insert(courier);
    courier->leave();
}

void Syndication::House::show() {
    auto states = std::make_shared<States>();
    for (const auto& [id, courier] : couriers_)
        (*states)[id] = courier->state();
    shown_.store(std::move(states));
}

void Syndication::House::recorded(const std::vector<DispositionOutcome>& outcomes, bool after_failure) {
    for (const DispositionOutcome& outcome : outcomes) {
        const auto found = couriers_.find(outcome.service);
        if (found != couriers_.end()) found->second->recorded(outcome.id);
    }
    if (after_failure) wake();  // all stood still
}

void Syndication::House::stop(std::function<void()> done) {
    done_ = std::move(done);
    stopping_ = true;
    for (const auto& [id, courier] : std::exchange(couriers_, {}))
        dismiss(courier);
    farewell_.expires_after(patience_);
    farewell_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (self && !cancelled) self->abandon();
    });
    end_if_idle();
}

void Syndication::House::end_if_idle() {
    if (!stopping_ || !leaving_.empty() || !done_) return;
    outcomes_->stop([self = shared_from_this()] {
        self->farewell_.cancel();
        if (self->done_) asio::post(self->executor_, std::exchange(self->done_, nullptr));
    });
}

void Syndication::House::abandon() {
    stopping_ = true;
    farewell_.cancel();
    outcomes_->abandon();
    for (const auto& [id, courier] : std::exchange(couriers_, {}))
        courier->abandon();
    for (const CourierPtr& courier : std::exchange(leaving_, {}))
        courier->abandon();
    if (done_) asio::post(executor_, std::exchange(done_, nullptr));
}

// ---------------------------------------------------------------- the syndication

Syndication::Syndication(const asio::any_io_executor& executor, base::Log& log, SyndicationWork work, Deliver deliver,
                         SyndicationPace pace)
    : house_(std::make_shared<House>(executor, log, std::move(work), std::move(deliver), std::move(pace))) {
    house_->open();
}

Syndication::~Syndication() {
    house_->abandon();
}

void Syndication::configure(std::vector<DispositionService> services, std::size_t at_once) {
    house_->configure(std::move(services), at_once);
}

void Syndication::wake() {
    asio::post(house_->executor(), [weak = std::weak_ptr<House>(house_)] {
        if (const auto house = weak.lock()) house->wake();
    });
}

void Syndication::hasten(std::int64_t service) {
    asio::post(house_->executor(), [weak = std::weak_ptr<House>(house_), service] {
        if (const auto house = weak.lock()) house->hasten(service);
    });
}

void Syndication::hasten_all() {
    asio::post(house_->executor(), [weak = std::weak_ptr<House>(house_)] {
        if (const auto house = weak.lock()) house->hasten_all();
    });
}

void Syndication::tested(std::int64_t service) {
    asio::post(house_->executor(), [weak = std::weak_ptr<House>(house_), service] {
        if (const auto house = weak.lock()) house->tested(service);
    });
}

std::map<std::int64_t, ServiceState> Syndication::states() const {
    return house_->states();
}

void Syndication::stop(std::function<void()> done) {
    house_->stop(std::move(done));
}

}  // namespace gatehouse::integrations
