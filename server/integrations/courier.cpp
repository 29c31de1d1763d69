#include "server/integrations/courier.hpp"

#include "base/broken_promise.hpp"
#include "records/disposition_services.hpp"
#include "server/integrations/delivery_rules.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace gatehouse::integrations {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

using DeliveryKind = Delivery::Kind;
constexpr auto when_rung = asio::as_tuple(asio::use_awaitable);

std::string named(const DispositionService& service) {
    return "The disposition update service at " + records::shown_url(service.url);
}

}  // namespace

Courier::Courier(std::shared_ptr<const Office> office, DispositionService service, std::size_t at_once)
    : office_(std::move(office)), service_(std::move(service)), at_once_(at_once), bell_(office_->executor) {}

ServiceState Courier::state() const {
    if (!service_.password) return {standing_.state().away, "The password can't be unsealed. Enter it again.", true};
    ServiceState state = standing_.state();
    if (!state.away) state.message = retried_;
    return state;
}

// ---------------------------------------------------------------- from outside

void Courier::begin(std::function<void()> left) {
    left_ = std::move(left);
    running_ = true;
    asio::co_spawn(office_->executor, run(), [self = shared_from_this()](const std::exception_ptr& thrown) {
        self->running_ = false;
        if (thrown) self->complain(base::broken_promise(thrown));
        self->end_if_idle();
    });
}

void Courier::renew(DispositionService service, std::size_t at_once) {
    const bool edited = service_.version != service.version;
    service_ = std::move(service);  // where it is the same version its password may be had by now
    at_once_ = at_once;
    if (edited) {
        standing_.renew();
        refusing_ = false;
        retried_.clear();
    }
    wake();
}

void Courier::wake() {
    rung_ = true;
    bell_.cancel();
}

void Courier::hasten() {
    standing_.hasten();
    wake();
}

void Courier::tested() {
    tested_ = true;
    hasten();
}

void Courier::recorded(std::int64_t id) {
    held_.erase(id);
    wake();
}

void Courier::leave() {
    leaving_ = true;
    wake();
    end_if_idle();
}

void Courier::abandon() {
    abandoned_ = true;
    left_ = nullptr;
    leave();
    const std::list<SignalPtr> calls = calls_;  // one that ends at once leaves the list
    for (const SignalPtr& signal : calls)
        signal->emit(asio::cancellation_type::terminal);
}

void Courier::end_if_idle() {
    if (leaving_ && !running_ && calls_.empty() && left_) std::exchange(left_, nullptr)();
}

// ---------------------------------------------------------------- taking

bool Courier::may_call() const {
    // Where nothing can be recorded what is told now would be told again.
    return !leaving_ && !office_->outcomes->is_stuck() && service_.password &&
           calls_.size() < standing_.calls(at_once_) && standing_.may_be_called(steady_clock::now());
}

asio::awaitable<void> Courier::run() {
    const auto self = shared_from_this();
    while (!leaving_) {
        rung_ = false;
        call_ready();
        std::optional<milliseconds> next_in;
        if (may_call()) next_in = co_await refill();
        if (!leaving_) co_await wait(next_in);
    }
    ready_.clear();
}

// As much as keeps the service busy until the next look; when there will be more.
asio::awaitable<std::optional<milliseconds>> Courier::refill() {
    constexpr std::size_t ahead = 4;
    const std::size_t wanted = standing_.state().away ? 1 : ahead * at_once_;
    const unsigned round = standing_.round();
    std::vector<std::int64_t> held(held_.begin(), held_.end());
    auto due = co_await office_->work.take(service_.id, wanted, std::move(held));
    if (leaving_) co_return std::nullopt;
    if (!due) {
        complain(due.error());
        co_return office_->pace.record_again;
    }
    complained_ = false;
    if (std::exchange(tested_, false) && due->dispositions.empty() && held_.empty() &&
        standing_.answered(standing_.round())) {
        is_back();
    }
    if (round != standing_.round()) {  // it went away meanwhile, or was edited
        rung_ = true;
        co_return std::nullopt;
    }
    for (Disposition& one : due->dispositions) {
        if (held_.insert(one.id).second) ready_.push_back(std::move(one));
    }
    call_ready();
    co_return due->next_in;
}

// Until something rings, or so long; but not before a service that is away is to be looked at again.
asio::awaitable<void> Courier::wait(std::optional<milliseconds> next_in) {
    const milliseconds look_every = office_->pace.look_every;
    const auto now = steady_clock::now();
    const bool may_be_called = standing_.may_be_called(now);
    if (rung_ && may_be_called) co_return;
    const milliseconds longest = std::min(std::max(next_in.value_or(look_every), milliseconds(1)), look_every);
    bell_.expires_at(may_be_called ? now + longest : standing_.not_before());
    (void)co_await bell_.async_wait(when_rung);
}

void Courier::complain(const base::Error& error) {
    if (!complained_) {
        office_->log.error("syndication.not_taken",
                           named(service_) + " is told nothing: what waits for it could not be read. " + error.text(),
                           {{"code", error.code}, {"service", std::to_string(service_.id)}});
    }
    complained_ = true;
}

// ---------------------------------------------------------------- telling

void Courier::call_ready() {
    while (!ready_.empty() && may_call()) {
        Disposition next = std::move(ready_.front());
        ready_.pop_front();
        begin_call(std::move(next));
    }
}

void Courier::begin_call(Disposition disposition) {
    const auto signal = std::make_shared<asio::cancellation_signal>();
    auto ends = [self = shared_from_this(), at = calls_.insert(calls_.end(), signal), version = service_.version,
                 round = standing_.round(), told = disposition](const std::exception_ptr& thrown, Delivery delivery) {
        // The signal has to outlive the coroutine, of which this is the last step.
        asio::post(self->office_->executor, [last = *at] { static_cast<void>(last); });
        self->calls_.erase(at);
        if (thrown) delivery = {DeliveryKind::again, "call", base::broken_promise(thrown).message, std::nullopt};
        self->called(told, version, round, delivery);
    };
    asio::co_spawn(office_->executor, call(service_, std::move(disposition)),
                   asio::bind_cancellation_slot(signal->slot(), std::move(ends)));
}

asio::awaitable<Delivery> Courier::call(DispositionService service, Disposition disposition) {
    const auto self = shared_from_this();
    co_return co_await office_->deliver(std::move(service), std::move(disposition));
}

void Courier::called(const Disposition& disposition, std::int64_t version, unsigned round, const Delivery& delivery) {
    if (abandoned_) return;
    if (delivery.kind == DeliveryKind::unmade) {
        held_.erase(disposition.id);  // it waits for the next look, or for a call that ends
        return end_if_idle();
    }
    // What the service was before an edit says nothing of what it is: neither that it was told nor that it refuses.
    const bool counts = version == service_.version && noticed(round, delivery);
    if (counts) {
        log_trouble(disposition, delivery);
        office_->outcomes->add(outcome_of(disposition, delivery));
    } else {
        held_.erase(disposition.id);  // it waits as if it had not been tried
    }
    call_ready();
    wake();
    end_if_idle();
}

// What the call says of the service; whether it says anything of the disposition.
bool Courier::noticed(unsigned round, const Delivery& delivery) {
    const bool was_away = standing_.state().away;
    const std::string service = std::to_string(service_.id);
    if (delivery.kind != DeliveryKind::away) {
        if (standing_.answered(round)) is_back();
        return true;
    }
    const SyndicationPace& pace = office_->pace;
    const milliseconds back_off =
        backed_off(pace.first_back_off, pace.longest_back_off, standing_.misses() + 1, pace.random());
    if (!standing_.missed(round, delivery, back_off, steady_clock::now())) return false;
    // What was taken goes back: it may wait for long, and is to be found where it waits.
    for (const Disposition& one : ready_)
        held_.erase(one.id);
    ready_.clear();
    office_->state_changed();
    if (!was_away) {
        office_->log.warning("syndication.unreachable",
                             named(service_) + " takes no calls: " + delivery.message + " What it is to be told waits.",
                             {{"service", service}, {"code", delivery.code}});
    }
    return true;
}

void Courier::is_back() {
    office_->log.info("syndication.reachable", named(service_) + " takes calls.",
                      {{"service", std::to_string(service_.id)}});
    office_->state_changed();
}

DispositionOutcome Courier::outcome_of(const Disposition& disposition, const Delivery& delivery) const {
    DispositionOutcome outcome{delivery.kind, disposition.id, service_.id, delivery.message};
    if (delivery.kind == DeliveryKind::again) {
        const SyndicationPace& pace = office_->pace;
        const milliseconds asked = delivery.retry_after.value_or(std::chrono::seconds(0));
        const milliseconds pause =
            backed_off(pace.first_again, pace.longest_again, disposition.attempts + 1, pace.random());
        outcome.again_in = std::chrono::ceil<std::chrono::seconds>(std::max(asked, pause));
    }
    return outcome;
}

// Each once, until something is delivered; what is tried again is shown meanwhile too.
void Courier::log_trouble(const Disposition& disposition, const Delivery& delivery) {
    const std::string service = std::to_string(service_.id);
    if (delivery.kind == DeliveryKind::delivered) refusing_ = false;
    if (delivery.kind == DeliveryKind::refused && !std::exchange(refusing_, true)) {
        office_->log.warning("syndication.refused", named(service_) + " refuses what it is told: " + delivery.message,
                             {{"service", service}, {"sample", disposition.sample}});
    }
    const std::string before = retried_;
    if (delivery.kind == DeliveryKind::delivered && disposition.attempts > 0) retried_.clear();
    if (delivery.kind == DeliveryKind::again) retried_ = delivery.message;
    if (before.empty() && !retried_.empty()) {
        office_->log.warning("syndication.retried",
                             named(service_) + " does not take what it is told, which is tried again: " + retried_,
                             {{"service", service}, {"sample", disposition.sample}});
    }
    if (before != retried_) office_->state_changed();
}

}  // namespace gatehouse::integrations
