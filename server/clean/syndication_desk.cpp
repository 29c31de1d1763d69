#include "server/clean/syndication_desk.hpp"

#include "base/broken_promise.hpp"
#include "records/dispositions.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace gatehouse::clean {

namespace {

namespace asio = boost::asio;
using base::Result;
using records::Database;

integrations::Disposition call_facts(const records::Disposition& kept) {
    integrations::Disposition one;
    one.id = kept.id;
    one.sample = kept.sample;
    one.sha256 = kept.sha256;
    one.sha1 = kept.sha1;
    one.md5 = kept.md5;
    one.score = kept.score;
    one.analyzed_at = kept.analyzed_at;
    one.idempotency_key = kept.idempotency_key;
    one.attempts = static_cast<unsigned>(kept.attempts);
    return one;
}

records::DispositionOutcome kept_outcome(const integrations::DispositionOutcome& outcome) {
    using Came = integrations::Delivery::Kind;
    using Kept = records::DispositionOutcome::Kind;
    records::DispositionOutcome kept{Kept::delivered, outcome.id, outcome.service, outcome.message, outcome.again_in};
    switch (outcome.kind) {
        case Came::delivered:
            break;
        case Came::refused:
            kept.kind = Kept::refused;
            break;
        case Came::again:
            kept.kind = Kept::again;
            break;
        case Came::unmade:  // never recorded
        case Came::away:
            kept.kind = Kept::away;
            break;
    }
    return kept;
}

// That something was given up is told once, and then once an hour with how many they were since.
class GivenUp {
public:
    void add(base::Log& log, std::int64_t service, std::size_t count) {
        constexpr std::chrono::hours quiet{1};
        if (count == 0) return;
        Entry& entry = entries_[service];
        entry.count += count;
        const auto now = std::chrono::steady_clock::now();
        if (entry.told && now - *entry.told < quiet) return;
        entry.told = now;
        log.warning("syndication.given_up",
                    "What a disposition update service could not be told for 24 hours has failed. Once it can be told, "
                    "retry it on the page Manage Integration.",
                    {{"service", std::to_string(service)}, {"count", std::to_string(std::exchange(entry.count, 0))}});
    }

private:
    struct Entry {
        std::size_t count = 0;
        std::optional<std::chrono::steady_clock::time_point> told;
    };
    std::map<std::int64_t, Entry> entries_;
};

// What follows holds no reference to the desk, which may go while the archive works for it.

integrations::SyndicationWork::Later<integrations::DueDispositions> take_due(const Services& services,
                                                                             std::int64_t service, std::size_t limit,
                                                                             std::vector<std::int64_t> held) {
    const records::Time now = records::now();
    auto read = [service, limit, now, held = std::move(held)](Database& database) {
        return records::Dispositions(database).due(service, now, limit, held);
    };
    const auto due = co_await services.archive->run(std::move(read), net::Queueing::always);
    if (!due) co_return base::fail(due.error());
    integrations::DueDispositions taken;
    for (const records::Disposition& one : due->dispositions)
        taken.dispositions.push_back(call_facts(one));
    if (due->next) taken.next_in = std::chrono::ceil<std::chrono::milliseconds>(*due->next - now);
    co_return taken;
}

// Batch by batch, so that nobody else's work with the database waits for long.
asio::awaitable<void> expire_waiting(const Services& services, std::shared_ptr<GivenUp> given_up,
                                     std::int64_t service) {
    std::size_t expired = records::Dispositions::most_of_batch;
    while (expired == records::Dispositions::most_of_batch) {
        auto write = [service](Database& database) {
            return records::Dispositions(database).expire(service, records::now());
        };
        const auto done = co_await services.archive->run(std::move(write), net::Queueing::always);
        if (!done) {
            services.log.warning("syndication.not_expired",
                                 "What waited too long for a disposition update service could not be marked as "
                                 "failed; it is tried again. " +
                                     done.error().text(),
                                 {{"code", done.error().code}, {"service", std::to_string(service)}});
            co_return;
        }
        expired = *done;
        given_up->add(services.log, service, expired);
    }
}

integrations::SyndicationWork::Later<void> record_outcomes(const Services& services, std::shared_ptr<GivenUp> given_up,
                                                           std::vector<integrations::DispositionOutcome> outcomes) {
    std::vector<records::DispositionOutcome> kept;
    kept.reserve(outcomes.size());
    std::set<std::int64_t> away;
    for (const integrations::DispositionOutcome& outcome : outcomes) {
        kept.push_back(kept_outcome(outcome));
        if (outcome.kind == integrations::Delivery::Kind::away) away.insert(outcome.service);
    }
    auto write = [kept = std::move(kept)](Database& database) {
        return records::Dispositions(database).record(kept, records::now());
    };
    auto recorded = co_await services.archive->run(std::move(write), net::Queueing::always);
    if (!recorded) co_return base::fail(recorded.error());
    for (const auto& [service, count] : *recorded)
        given_up->add(services.log, service, count);
    for (const std::int64_t service : away)
        co_await expire_waiting(services, given_up, service);
    co_return Result<void>();
}

integrations::SyndicationWork work_with(const Services& services) {
    return {.take = [&services](
                        std::int64_t service, std::size_t limit,
                        std::vector<std::int64_t> held) { return take_due(services, service, limit, std::move(held)); },
            .record =
                [&services,
                 given_up = std::make_shared<GivenUp>()](std::vector<integrations::DispositionOutcome> outcomes) {
                    return record_outcomes(services, given_up, std::move(outcomes));
                }};
}

}  // namespace

integrations::DispositionService called_service(records::ServiceAccess access) {
    integrations::DispositionService one;
    one.id = access.service.id;
    one.version = access.service.version;
    one.url = std::move(access.service.url);
    one.user_name = std::move(access.service.user_name);
    one.network = access.service.network;
    if (access.password) one.password = std::make_shared<const base::Secret>(std::move(*access.password));
    return one;
}

SyndicationDesk::SyndicationDesk(asio::any_io_executor executor, const Services& services,
                                 integrations::Deliver deliver, integrations::SyndicationPace pace)
    : executor_(std::move(executor)),
      services_(services),
      again_(executor_),
      hourly_(executor_),
      work_(work_with(services)),
      syndication_(std::make_unique<integrations::Syndication>(executor_, services_.log, work_, std::move(deliver),
                                                               std::move(pace))) {}

// ---------------------------------------------------------------- services

void SyndicationDesk::start(const config::DispositionSettings& settings) {
    settings_ = settings;
    load();
}

void SyndicationDesk::configure(const config::DispositionSettings& settings) {
    if (std::exchange(settings_, settings).at_once == settings.at_once || stopped_) return;
    syndication_->configure(known_, settings_.at_once);
}

void SyndicationDesk::services_changed() {
    asio::post(executor_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->load();
    });
}

void SyndicationDesk::load() {
    if (stopped_) return;
    asio::co_spawn(executor_, load_services(weak_from_this(), services_),
                   [&services = services_](const std::exception_ptr& thrown) {
                       if (!thrown) return;
                       const auto error = base::broken_promise(thrown);
                       services.log.error("syndication.not_loaded", error.text(), {{"code", error.code}});
                   });
}

asio::awaitable<void> SyndicationDesk::load_services(std::weak_ptr<SyndicationDesk> weak, const Services& services) {
    auto read = [&services](Database& database) {
        return records::DispositionServices(database, services.box_key).access();
    };
    auto reading = services.archive->run(std::move(read), net::Queueing::always);
    auto loaded = co_await std::move(reading);
    if (const auto desk = weak.lock()) desk->take(std::move(loaded));  // it may have gone meanwhile
}

void SyndicationDesk::take(Result<std::vector<records::ServiceAccess>> loaded) {
    constexpr std::chrono::seconds pause{5};
    if (stopped_) return;
    if (!loaded) {
        services_.log.error(
            "syndication.not_loaded",
            "The disposition update services could not be read; it is tried again. " + loaded.error().text(),
            {{"code", loaded.error().code}});
        again_.expires_after(pause);
        again_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto desk = weak.lock();
            if (desk && !cancelled) desk->load();
        });
        return;
    }
    known_.clear();
    for (records::ServiceAccess& access : *loaded) {
        if (!access.password) {
            services_.log.warning(
                "syndication.locked", access.password.error().text(),
                {{"code", access.password.error().code}, {"service", std::to_string(access.service.id)}});
        }
        known_.push_back(called_service(std::move(access)));
    }
    syndication_->configure(known_, settings_.at_once);
    syndication_->wake();  // what failed may be waiting again
    look_at_locked();
}

void SyndicationDesk::look_at_locked() {
    if (stopped_) return;
    std::vector<integrations::DispositionOutcome> outcomes;
    for (const integrations::DispositionService& service : known_) {
        if (service.password) continue;
        outcomes.push_back({integrations::Delivery::Kind::away, 0, service.id, "The password can't be unsealed."});
    }
    if (outcomes.empty()) return;
    asio::co_spawn(executor_, work_.record(std::move(outcomes)),
                   [&services = services_](const std::exception_ptr& thrown, Result<void> recorded) {
                       if (thrown) recorded = base::fail(base::broken_promise(thrown));
                       if (recorded) return;
                       services.log.error("syndication.not_recorded",
                                          "That a service can't be told could not be recorded; it is tried again. " +
                                              recorded.error().text(),
                                          {{"code", recorded.error().code}});
                   });
    hourly_.expires_after(std::chrono::hours(1));
    hourly_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto desk = weak.lock();
        if (desk && !cancelled) desk->look_at_locked();
    });
}

void SyndicationDesk::stop(std::function<void()> done) {
    stopped_ = true;
    again_.cancel();
    hourly_.cancel();
    syndication_->stop(std::move(done));
}

}  // namespace gatehouse::clean
