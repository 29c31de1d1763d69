#include "server/appliance.hpp"

#include "base/text.hpp"
#include "config/choices.hpp"
#include "config/load.hpp"
#include "config/restored_state.hpp"
#include "config/state_lock.hpp"
#include "records/choices.hpp"
#include "records/disposition_services.hpp"
#include "records/first_operator.hpp"
#include "records/first_user.hpp"
#include "records/migrations.hpp"
#include "records/one_time_users.hpp"
#include "records/users_key.hpp"
#include "server/sockets.hpp"
#include "server/system/process.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <future>
#include <thread>
#include <utility>

namespace gatehouse::server {

namespace {

using namespace std::chrono_literals;
using credentials::Trigger;

constexpr auto drain_patience = 10s;

std::vector<std::filesystem::path> watched_paths(const config::Settings& settings) {
    std::vector<std::filesystem::path> paths;
    for (const auto interface : config::interfaces) {
        paths.push_back(settings.interfaces[interface].certificate);
        paths.push_back(settings.interfaces[interface].key);
    }
    paths.push_back(settings.one_time_file);
    return paths;
}

std::size_t worker_count(const config::Settings& settings) {
    return settings.workers != 0 ? settings.workers : std::max(1U, std::thread::hardware_concurrency());
}

// How many calls of disposition updates are under way is bounded by who makes them, service by service: none waits for
// a place that calls to another hold, as a slow one's do for long. A few more for tests and for services that were
// removed.
net::ConnectionLimits courier_places() {
    constexpr std::size_t more = 64;
    net::ConnectionLimits limits;
    limits.in_all =
        std::size_t{records::DispositionServices::most_services} * config::DispositionSettings::most_at_once + more;
    limits.to_one_server = limits.in_all;
    return limits;
}

}  // namespace

Appliance::Appliance(std::filesystem::path configuration, config::Settings settings, base::Log& log)
    : configuration_(std::move(configuration)),
      from_file_(std::move(settings)),
      settings_(from_file_),
      log_(log),
      notify_(log),
      signals_(control_, SIGTERM, SIGINT, SIGHUP) {}

Appliance::~Appliance() = default;

// ---------------------------------------------------------------- start

base::Result<void> Appliance::start(system::PassedSockets passed) {
    if (auto taken = take_state(); !taken) return taken;
    std::optional<records::Database> records = read_records();
    const bool choices_hold = records.has_value();
    workers_ = std::make_unique<Workers>(worker_count(settings_), settings_.limits, log_);
    auto listening = open_doors(*workers_, settings_, std::move(passed), log_);
    if (!listening) return base::fail(listening.error());
    doors_ = std::make_unique<Doors>(*workers_, std::move(*listening), settings_, log_);
    if (auto redirects = open_redirects(*workers_, settings_); !redirects) return redirects;
    workers_->start();
    if (auto begun = begin_credentials(); !begun) return begun;
    open_ways_out();
    open_store();
    open_backend(std::move(records));
    if (!first_start_) {
        for (const auto interface : config::interfaces)
            doors_->open(interface);
    }
    // Watched only now, because it may take longer than all else; so that no change falls between, one look more.
    watch_ = std::make_unique<system::FileWatch>(control_.get_executor(), files_, log_, watched_paths(settings_),
                                                 [this] { credentials_->ask(Trigger::watch); });
    credentials_->ask(Trigger::clock);
    control_.poll();  // what the disk made of the first run
    open_console();
    if (!choices_hold && in_force() != settings_) apply_choices([] {});
    if (const auto interval = notify_.watchdog_interval()) {
        watchdog_ =
            std::make_unique<system::Watchdog>(control_.get_executor(), workers_->loops(), notify_, log_, *interval);
    }
    announce_ready();
    return {};
}

// At the first start a door opens as soon as it has a certificate: nobody knows the box yet, and the other door's
// certificate and the first passwords take a while to be made. Ever after, who calls knows what is behind the door, and
// waits in the socket's queue until it is there.
base::Result<void> Appliance::begin_credentials() {
    credentials_ = std::make_unique<credentials::Credentials>(
        files_, log_, settings_, system::credentials_directory(),
        credentials::Hooks{
            .activate = [this](config::Interface interface,
                               const certstore::SslContextPtr& context) { workers_->activate(interface, context); },
            .tell =
                [this](std::shared_ptr<const credentials::DoorStatus> status) {
                    if (!started_) return first_certificate(std::move(status));  // on this very thread
                    boost::asio::post(control_, [this, status = std::move(status)] { status_changed(status); });
                },
            .take_users = [this, state = settings_.state_directory](
                              const config::OneTimeFile& file) { return take_one_time_users(state, file); }});
    if (auto begun = credentials_->begin(); !begun) return begun;
    started_ = true;
    if (settings_.hsts_seconds != 0) doors_->configure(settings_);  // HSTS depends on both
    credentials_->start();
    return {};
}

void Appliance::first_certificate(std::shared_ptr<const credentials::DoorStatus> status) {
    const config::Interface interface = status->interface;
    doors_->begin(std::move(status));
    if (first_start_) doors_->open(interface);
}

// On the credentials' thread.
base::Result<void> Appliance::take_one_time_users(const std::filesystem::path& state, const config::OneTimeFile& file) {
    auto database = records::open_records(state / "gatehouse.db");
    if (!database) return base::fail(database.error());
    const records::UsersKey key = records::users_key(files_, state, *database);
    if (auto taken = records::take_one_time_users(*database, file, key, records::now()); !taken) return taken;
    // Of those that were made up, where somebody of the file took their place.
    for (const auto settle : {records::settle_first_operator, records::settle_first_user}) {
        if (const auto gone = settle(*database, files_, state); !gone) {
            log_.warning("operator.initial_password", gone.error().text(), {{"code", gone.error().code}});
        }
    }
    boost::asio::post(control_, [this] { users_came(); });
    return {};
}

// What operators chose holds from the first handshake on. A new box has no database, and is not kept waiting for one.
// What fails here fails once more, and is told, when the backend opens: until then no pair is judged by the system's
// name.
std::optional<records::Database> Appliance::read_records() {
    const auto file = settings_.state_directory / "gatehouse.db";
    first_start_ = !files_.link_facts(file);
    if (first_start_) return std::nullopt;
    settings_ = config::with_choices_unknown(from_file_);
    auto database = records::open_records(file);
    if (!database) return std::nullopt;
    const auto choices = records::read_choices(*database);
    if (!choices) return std::nullopt;
    settings_ = config::with_choices(from_file_, *choices);
    return std::move(*database);
}

// What calls to other servers need.
void Appliance::open_ways_out() {
    networks_ = std::make_unique<net::Networks>();
    networks_->fix(settings_.networks);
    trust_ = std::make_unique<net::Trust>(files_, settings_.state_directory);
    const auto changed = [this] {
        boost::asio::post(control_, [this] {
            if (backend_) backend_->ways_out_changed();
        });
    };
    networks_->tell(changed);
    trust_->tell(changed);
    courier_client_ = std::make_unique<net::HttpsClient>(control_.get_executor(), *networks_, *trust_,
                                                         net::refuse_forbidden, courier_places());
    fetch_client_ = std::make_unique<net::HttpsClient>(control_.get_executor(), *networks_, *trust_);
    if (const auto loaded = trust_->load(); !loaded) {
        log_.error("authorities.failed", loaded.error().text() + " No server is believed.",
                   {{"code", loaded.error().code}});
        return;
    }
    for (const base::Error& fault : trust_->current()->faults())
        log_.warning("authorities.damaged", fault.text(), {{"code", fault.code}});
}

void Appliance::open_store() {
    auto store = samples::SampleStore::open(files_, settings_.state_directory / "samples",
                                            clean::store_limits(settings_.samples));
    if (store) {
        store_ = std::move(*store);
    } else {
        const std::string consequence = "No sample is taken.";
        log_.error("samples.not_opened", store.error().text() + " " + consequence, {{"code", store.error().code}});
        troubles_.set(Topic::samples, {trouble("samples_not_opened", store.error(), consequence)});
    }
}

void Appliance::open_backend(std::optional<records::Database> records) {
    auto traffic = [this](config::Interface interface) { return workers_->traffic(interface); };
    auto reload_here = [this](std::function<void(admin::Reloaded)> done) {
        boost::asio::post(control_, [this, done = std::move(done)]() mutable { reload(std::move(done)); });
    };
    auto apply_here = [this](std::function<void()> done) {
        boost::asio::post(control_, [this, done = std::move(done)]() mutable { apply_choices(std::move(done)); });
    };
    backend_ = std::make_unique<Backend>(Backend::House{.office = {.files = files_,
                                                                   .log = log_,
                                                                   .credentials = *credentials_,
                                                                   .board = doors_->board(),
                                                                   .traffic = std::move(traffic),
                                                                   .reload = std::move(reload_here),
                                                                   .apply_choices = std::move(apply_here),
                                                                   .executor = control_.get_executor(),
                                                                   .trust = *trust_,
                                                                   .networks = *networks_},
                                                        .store = store_.get(),
                                                        .courier_client = *courier_client_,
                                                        .fetch_client = *fetch_client_},
                                         std::move(records), settings_);
    for (const auto interface : config::interfaces) {
        doors_->offer(interface, backend_->offer(interface));
        backend_->office().tell(*doors_->board().status(interface));
    }
    backend_->office().show(doors_->facts());
    doors_->configure(settings_);
    troubles_.set(Topic::records, backend_->troubles());
    show_troubles();
}

// Who came before there is a backend is loaded as it opens.
void Appliance::users_came() {
    if (backend_) backend_->users_came();
}

void Appliance::open_console() {
    console_ = std::make_unique<admin::Console>(
        control_.get_executor(), log_,
        std::make_shared<const http::Router>(backend_->office().routes(), http::Handler(), admin::console_gate()));
    if (const auto listening = console_->listen(settings_.console_socket); !listening) {
        log_.error("console.failed", listening.error().text(), {{"code", listening.error().code}});
    }
}

// A state directory that cannot be written keeps nothing from being served; one that another daemon uses does.
base::Result<void> Appliance::take_state() {
    auto lock = config::lock_state(settings_.state_directory);
    if (lock) {
        state_lock_ = std::move(*lock);
        return finish_restore();
    }
    if (lock.error().kind == base::ErrorKind::conflict) return base::fail(lock.error());
    const std::string consequence = "Nothing can be remembered over a restart.";
    log_.error("state.not_writable", lock.error().text() + " " + consequence, {{"code", lock.error().code}});
    troubles_.set(Topic::state, {trouble("state_not_writable", lock.error(), consequence)});
    return {};
}

// Before anything in it is read: half of one box and half of another would be no box at all.
base::Result<void> Appliance::finish_restore() {
    const auto finished = config::finish_restore(files_, settings_.state_directory);
    if (!finished) return base::fail(finished.error());
    if (*finished == config::Finished::nothing) return {};
    log_.info("state.restored", "The restore of a backup into " + settings_.state_directory.string() +
                                    " had been interrupted; it was finished.");
    if (*finished == config::Finished::state) return {};
    return base::fail(base::ErrorKind::unavailable, "configuration_restored",
                      "The restore that was finished brought another configuration.", "Start it again.");
}

void Appliance::announce_ready() {
    std::vector<std::string> addresses;
    std::vector<std::string> doors;
    for (const auto interface : config::interfaces) {
        for (const auto& address : doors_->listening()[interface])
            addresses.push_back(address.text());
        doors.push_back(doors_->introduction(interface));
    }
    log_.info("server.ready", "Gatehouse " GATEHOUSE_VERSION " serves " + base::joined(doors, ", ") + ".",
              {{"addresses", base::joined(addresses, " ")}});
    notify_.ready(status_line());
}

// ---------------------------------------------------------------- running

void Appliance::run() {
    await_signal();
    memory_return_.emplace(control_.get_executor(), [this] { return workers_->connections(); });
    control_.run();
    notify_.stopping();
    log_.info("server.stopping", "Requests in flight are finished, then Gatehouse ends.");
    watchdog_.reset();
    watch_.reset();
    console_.reset();
    // Requests in flight may wait for what this thread and the credentials' do: both go on until the last is answered.
    const auto busy = boost::asio::make_work_guard(control_);
    control_.restart();           // before anybody can stop it again
    std::promise<void> put_back;  // samples that were being analyzed
    backend_->stop([&put_back] { put_back.set_value(); });
    std::thread draining([this, &put_back] {
        workers_->drain(drain_patience);
        put_back.get_future().wait_for(drain_patience);
        control_.stop();
    });
    control_.run();
    draining.join();
    credentials_->stop();
    backend_.reset();
    log_.info("server.stopped", "Gatehouse has ended.");
}

void Appliance::await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        if (signal != SIGHUP) {
            control_.stop();
            return;
        }
        reload({});
        await_signal();
    });
}

// SIGHUP: the whole configuration or nothing of it, then a run of the one path; READY=1 only when the result is known.
void Appliance::reload(std::function<void(admin::Reloaded)> done) {
    notify_.reloading();
    auto next = config::load_beside(from_file_, files_, configuration_);
    if (!next) {
        for (const base::Error& error : next.error()) {
            log_.error("configuration.refused", error.text(),
                       {{"code", error.code}, {"file", configuration_.string()}});
        }
        troubles_.set(Topic::configuration, troubles_of_refused(next.error()));
        show_troubles();
        notify_.ready(status_line());
        if (done) done({std::move(next.error()), {}});
        return;
    }
    const std::vector<std::string> restart = std::move(next->needs_restart);
    troubles_.set(Topic::configuration, {});
    troubles_.set(Topic::restart, troubles_of_restart(restart));
    log_.info("configuration.reloaded",
              restart.empty()
                  ? std::string("The configuration is in force.")
                  : "The configuration is in force but for what needs a restart: " + base::joined(restart, ", ") + ".",
              {{"file", configuration_.string()}, {"needs_restart", base::joined(restart, " ")}});
    from_file_ = std::move(next->settings);
    apply(in_force());
    auto known = [this, restart, done = std::move(done)] {
        notify_.ready(status_line());
        if (done) done({{}, restart});
    };
    credentials_->ask_with(settings_, Trigger::sighup,
                           [this, known = std::move(known)] { boost::asio::post(control_, known); });
}

config::Settings Appliance::in_force() const {
    const auto choices = backend_->office().choices();
    return choices ? config::with_choices(from_file_, *choices) : config::with_choices_unknown(from_file_);
}

void Appliance::apply_choices(std::function<void()> done) {
    apply(in_force());
    credentials_->ask_with(settings_, Trigger::clock, [this, done = std::move(done)] {
        boost::asio::post(control_, done);  // behind what the run told
    });
}

void Appliance::apply(config::Settings next) {
    settings_ = std::move(next);
    log_.configure(settings_.log.level, settings_.log.format);
    backend_->configure(settings_);
    workers_->limit(settings_.limits);
    doors_->configure(settings_);
    if (watch_) watch_->watch(watched_paths(settings_));  // not while the last requests are answered
    networks_->fix(settings_.networks);
    backend_->office().show(doors_->facts());
    show_troubles();
}

void Appliance::status_changed(const std::shared_ptr<const credentials::DoorStatus>& status) {
    doors_->show(status);
    if (backend_) {
        backend_->office().tell(*status);
        show_troubles();
    }
    notify_.status(status_line());
}

void Appliance::show_troubles() {
    troubles_.set(Topic::files, doors_->troubles());
    backend_->office().show(troubles_.all());
}

std::string Appliance::status_line() const {
    std::vector<std::string> parts = doors_->summary();
    for (std::string& trouble : troubles_.summary())
        parts.push_back(std::move(trouble));
    return base::joined(parts, "; ");
}

}  // namespace gatehouse::server
