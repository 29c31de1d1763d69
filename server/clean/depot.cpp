#include "server/clean/depot.hpp"

#include "base/broken_promise.hpp"
#include "server/clean/asking.hpp"
#include "server/clean/field_samples.hpp"
#include "server/clean/samples.hpp"
#include "server/samples/sample_census.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <thread>
#include <utility>

namespace gatehouse::clean {

namespace {

// As many as a disk and the cores can do with; the store bounds how many uploads there are.
constexpr std::size_t least_writers = 4;
constexpr std::size_t most_waiting = 1000;
constexpr std::size_t packing_threads = 2;
constexpr std::size_t most_waiting_archives = 16;
constexpr std::size_t reading_threads = 2;
constexpr Places::Limits keyless_places{.in_all = 4, .of_holder = 2};
constexpr Places::Limits upload_places{.in_all = samples::StoreLimits().at_once - keyless_places.in_all,
                                       .of_holder = 16};
constexpr Places::Limits test_places{.in_all = 4, .of_holder = 2};
constexpr Places::Limits download_places{.in_all = 32, .of_holder = 8};

// The log has said why, with the folder's or file's name; a stranger is not told that.
http::Response samples_unavailable(const http::Request& /*whatever it wants*/) {
    return http::problem(503, "samples_unavailable",
                         "The samples of this appliance can't be opened. Its log says what is wrong with them.");
}

http::Response services_unavailable(const http::Request& /*whatever it wants*/) {
    return http::problem(503, "records_unavailable",
                         "The database of this appliance can't be opened. Its log says what is wrong with it.");
}

// Whoever asks is told why nothing can be had.
void close(std::vector<http::Route>& routes, http::Response (*why)(const http::Request&)) {
    for (http::Route& route : routes) {
        route.access = http::Access::anyone;
        route.handler = http::Handler(why);
    }
}

std::size_t writers() {
    return std::max<std::size_t>(least_writers, std::thread::hardware_concurrency());
}

}  // namespace

samples::StoreLimits store_limits(const config::SampleSettings& settings) {
    return {.free_bytes = settings.free_bytes, .quota_bytes = settings.quota_bytes};
}

Depot::Depot(House house, const config::Settings& settings)
    : executor_(house.executor),
      log_(house.door.log),
      settings_(std::make_shared<const config::SampleSettings>(settings.samples)),
      analysis_(settings.analysis),
      dispositions_(settings.dispositions),
      courier_client_(house.courier_client),
      fetch_client_(house.fetch_client),
      calls_(executor_),
      farewell_(executor_),
      uploads_(upload_places),
      keyless_uploads_(keyless_places),
      downloads_(download_places),
      tests_(test_places),
      services_{.door = house.door,
                .storage = {.log = house.door.log,
                            .archive = house.door.archive,
                            .store = house.store,
                            .folder = house.door.state_directory / "samples",
                            .writing = writing_,
                            .refusals = refusals_,
                            .settings = [this] { return *settings_.load(); }},
                .packing = packing_,
                .uploads = uploads_,
                .keyless_uploads = keyless_uploads_,
                .downloads = downloads_,
                .engine = [this] { return queue_ ? queue_->state() : integrations::EngineState(); },
                .wake_analysis = [this] { queue_->wake(); },
                .hostname = std::move(house.hostname),
                .fetch = [this](net::Url url) { return fetch(std::move(url)); }},
      told_{.door = house.door,
            .tests = tests_,
            .states =
                [this] {
                    return syndication_ ? syndication_->states() : std::map<std::int64_t, integrations::ServiceState>();
                },
            .services_changed =
                [this] {
                    if (syndication_) syndication_->services_changed();
                },
            .hasten =
                [this](std::int64_t service) {
                    if (syndication_) syndication_->hasten(service);
                },
            .tested =
                [this](std::int64_t service) {
                    if (syndication_) syndication_->tested(service);
                },
            .test = [this](integrations::DispositionService service) { return test(std::move(service)); }},
      writing_(writers(), most_waiting),
      packing_(packing_threads, most_waiting_archives),
      reading_(reading_threads, most_waiting) {}

Depot::~Depot() = default;

bool Depot::has_records() const {
    return services_.door.archive != nullptr && services_.door.members != nullptr;
}

bool Depot::is_open() const {
    return services_.storage.store != nullptr && has_records();
}

void Depot::start() {
    if (has_records() && courier_client_ != nullptr) {
        syndication_ =
            std::make_shared<SyndicationDesk>(executor_, services_.door, integrations::deliver_by(*courier_client_));
        syndication_->start(dispositions_);
    }
    if (!is_open()) return;
    Dissemination dissemination{.malicious_score = [this] { return std::int64_t{dispositions_.malicious_score}; },
                                .queued =
                                    [this] {
                                        if (syndication_) syndication_->wake();
                                    }};
    desk_ = std::make_shared<AnalysisDesk>(services_.door, *services_.storage.store, std::move(dissemination));
    integrations::AnalysisPace pace;
    pace.most_attempts = static_cast<unsigned>(records::AnalysisQueue::most_attempts);
    queue_ = std::make_unique<integrations::AnalysisQueue>(executor_, log_, reading_, desk_->work(), pace);
    retention_ = std::make_shared<samples::Retention>(executor_, services_.storage);
    boost::asio::co_spawn(executor_, take_up(), [this](const std::exception_ptr& thrown) {
        if (!thrown) return;
        const auto error = base::broken_promise(thrown);
        log_.error("samples.not_taken_up", error.text(), {{"code", error.code}});
    });
}

// From any worker; the clients live on the executor.
boost::asio::awaitable<http::Judged<samples::HeldContent>> Depot::fetch(net::Url url) {
    if (fetch_client_ == nullptr)
        co_return tl::unexpected<http::Refusal>({503, "samples_unavailable", "Nothing can be fetched now."});
    const FetchPlace place{*fetch_client_, *services_.storage.store, writing_, log_};
    auto fetching = calls_.run(fetch_content(place, std::move(url), {.bytes = settings_.load()->body_bytes}));
    co_return co_await std::move(fetching);
}

// The same.
boost::asio::awaitable<integrations::ConnectionTest> Depot::test(integrations::DispositionService service) {
    auto there = [](const Depot& depot,
                    integrations::DispositionService tested) -> boost::asio::awaitable<integrations::ConnectionTest> {
        auto testing = integrations::test_connection(*depot.courier_client_, std::move(tested));
        co_return co_await std::move(testing);
    };
    auto testing = calls_.run(there(*this, std::move(service)));
    co_return co_await std::move(testing);
}

void Depot::ways_out_changed() {
    if (syndication_ && !stopped_) syndication_->hasten_all();
}

boost::asio::awaitable<void> Depot::take_up() {
    const auto resumed = co_await desk_->resume();
    if (!resumed) {
        log_.error("samples.not_taken_up",
                   "Samples whose analysis was broken off wait for the next start. " + resumed.error().text(),
                   {{"code", resumed.error().code}});
    }
    if (stopped_) co_return;
    begun_ = true;
    queue_->configure(analysis_);
    retention_->start();  // which settles first what was coming in or going out
    const auto compared = co_await samples::compare_samples(services_.storage);
    if (!compared && !stopped_) {
        log_.error("samples.not_compared",
                   "The store of samples could not be compared with the database. " + compared.error().text(),
                   {{"code", compared.error().code}});
    }
}

void Depot::configure(const config::Settings& settings) {
    settings_.store(std::make_shared<const config::SampleSettings>(settings.samples));
    if (services_.storage.store != nullptr) services_.storage.store->set_limits(store_limits(settings.samples));
    analysis_ = settings.analysis;
    dispositions_ = settings.dispositions;
    if (syndication_ && !stopped_) syndication_->configure(dispositions_);
    if (!begun_ || stopped_) return;
    queue_->configure(analysis_);
    retention_->hasten();
}

void Depot::stop(std::function<void()> done) {
    stopped_ = true;
    if (retention_) retention_->stop();
    farewell_.expires_after(integrations::SyndicationPace().farewell);
    farewell_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) calls_.break_off();
    });
    // The last verdicts may still queue something, which waits for the next start then.
    auto then = [this, done = std::move(done)]() mutable {
        if (!syndication_) return boost::asio::post(executor_, std::move(done));
        syndication_->stop(std::move(done));
    };
    if (!begun_) return then();
    queue_->stop(std::move(then));
}

void Depot::finish(records::Database& database) {
    archive::record_refusals(log_, database, refusals_.rest(), samples::sample_refusals);
    if (is_open()) samples::settle_rest(services_.storage, database);
}

std::vector<http::Route> Depot::routes() const {
    std::vector<http::Route> routes;
    add_sample_routes(routes, services_);
    add_appliance_route(routes, services_);
    add_field_sample_routes(routes, services_);
    if (!is_open()) close(routes, samples_unavailable);
    std::vector<http::Route> of_services;
    add_disposition_service_routes(of_services, told_);
    if (!syndication_) close(of_services, services_unavailable);
    std::ranges::move(of_services, std::back_inserter(routes));
    return routes;
}

}  // namespace gatehouse::clean
