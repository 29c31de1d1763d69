#include "server/appliance.hpp"

#include "base/text.hpp"
#include "config/choices.hpp"
#include "config/load.hpp"
#include "records/choices.hpp"
#include "records/migrations.hpp"
#include "records/one_time_users.hpp"
#include "records/users_key.hpp"
#include "server/front.hpp"
#include "server/sockets.hpp"
#include "server/system/process.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

namespace gatehouse::server {

namespace {

using namespace std::chrono_literals;
using credentials::Trigger;

constexpr auto drain_patience = 10s;
constexpr std::uint16_t https_port = 443;

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

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
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
    read_records();
    workers_ = std::make_unique<Workers>(worker_count(settings_), settings_.limits, log_);
    auto opened = open_doors(*workers_, settings_, std::move(passed), log_);
    if (!opened) return base::fail(opened.error());
    addresses_ = std::move(*opened);
    if (auto redirects = open_redirects(*workers_, settings_); !redirects) return redirects;
    workers_->start();
    if (auto begun = begin_credentials(); !begun) return begun;
    // Watched only now, because it may take longer than all else; so that no change falls between, one look more.
    watch_ = std::make_unique<system::FileWatch>(control_.get_executor(), files_, log_, watched_paths(settings_),
                                                 [this] { credentials_->ask(Trigger::watch); });
    credentials_->ask(Trigger::clock);
    control_.poll();  // what the disk made of the first run
    open_ways_out();
    open_office();
    open_reception();
    open_archive();
    open_depot();
    open_console();
    if (const auto interval = notify_.watchdog_interval()) {
        watchdog_ =
            std::make_unique<system::Watchdog>(control_.get_executor(), workers_->loops(), notify_, log_, *interval);
    }
    announce_ready();
    return {};
}

// A door opens as soon as it has a certificate: the other one's may take a while to be made.
base::Result<void> Appliance::begin_credentials() {
    credentials_ = std::make_unique<credentials::Credentials>(
        files_, log_, settings_, system::credentials_directory(),
        credentials::Hooks{
            .activate = [this](config::Interface interface,
                               const certstore::SslContextPtr& context) { workers_->activate(interface, context); },
            .tell =
                [this](std::shared_ptr<const credentials::DoorStatus> status) {
                    if (!started_) return open_door(std::move(status));  // on this very thread
                    boost::asio::post(control_, [this, status = std::move(status)] { status_changed(status); });
                },
            .take_users =
                [this, state = settings_.state_directory](const config::OneTimeFile& file) {
                    auto database = records::open_records(state / "gatehouse.db");
                    if (!database) return base::Result<void>(base::fail(database.error()));
                    const records::UsersKey key = records::users_key(files_, state, *database);
                    auto taken = records::take_one_time_users(*database, file, key, records::now());
                    if (taken) boost::asio::post(control_, [this] { users_came(); });
                    return taken;
                }});
    if (auto begun = credentials_->begin(); !begun) return begun;
    started_ = true;
    if (settings_.hsts_seconds != 0) configure_workers();  // it depends on both doors
    credentials_->start();
    return {};
}

// What operators chose holds from the first handshake on. A new box has no database, and is not kept waiting for one.
void Appliance::read_records() {
    if (!files_.link_facts(settings_.state_directory / "gatehouse.db")) return;
    if (const auto opened = open_records(); !opened) return complain_of_records(opened.error());
    const auto choices = records::read_choices(*records_);
    if (!choices) return complain_of_records(choices.error());
    settings_ = config::with_choices(from_file_, *choices);
}

base::Result<void> Appliance::open_records() {
    auto database = records::open_records(settings_.state_directory / "gatehouse.db");
    if (!database) return base::fail(database.error());
    records_.emplace(std::move(*database));
    return {};
}

void Appliance::complain_of_records(const base::Error& error) {
    log_.error("records.failed", error.text() + " Nobody can sign in at the admin door.", {{"code", error.code}});
}

// What calls to other servers need.
void Appliance::open_ways_out() {
    networks_ = std::make_unique<net::Networks>();
    networks_->fix(settings_.networks);
    trust_ = std::make_unique<net::Trust>(files_, settings_.state_directory);
    client_ = std::make_unique<net::HttpsClient>(control_.get_executor(), *networks_, *trust_);
    if (const auto loaded = trust_->load(); !loaded) {
        log_.error("authorities.failed", loaded.error().text() + " No server is believed.",
                   {{"code", loaded.error().code}});
        return;
    }
    for (const base::Error& fault : trust_->current()->faults())
        log_.warning("authorities.damaged", fault.text(), {{"code", fault.code}});
}

// What operators work with.
void Appliance::open_office() {
    office_ = std::make_unique<admin::Office>(admin::Office::House{
        .files = files_,
        .log = log_,
        .credentials = *credentials_,
        .board = board_,
        .traffic = [this](config::Interface interface) { return workers_->traffic(interface); },
        .reload =
            [this](std::function<void(admin::Reloaded)> done) {
                boost::asio::post(control_, [this, done = std::move(done)]() mutable { reload(std::move(done)); });
            },
        .apply_choices =
            [this](std::function<void()> done) {
                boost::asio::post(control_,
                                  [this, done = std::move(done)]() mutable { apply_choices(std::move(done)); });
            },
        .executor = control_.get_executor(),
        .trust = *trust_,
        .networks = *networks_});
}

// What users and devices work with.
void Appliance::open_reception() {
    reception_ = std::make_unique<clean::Reception>(
        clean::Reception::House{.files = files_, .log = log_, .executor = control_.get_executor()});
}

// The doors serve already, and go on where this fails.
void Appliance::open_archive() {
    const auto opened = records_ ? base::Result<void>() : open_records();
    if (!opened) return complain_of_records(opened.error());
    // What is wrong with the users of one door closes that door alone.
    const auto operators = office_->take_records(*records_, settings_.state_directory);
    if (!operators) complain_of_records(operators.error());
    if (const auto users = reception_->take_records(*records_, settings_.state_directory); !users) {
        log_.error("records.failed", users.error().text() + " Nobody is let in at the clean door.",
                   {{"code", users.error().code}});
    }
    archive_ = std::make_unique<net::Archive>(*std::exchange(records_, std::nullopt));
    if (operators) office_->work_with(*archive_);
    reception_->work_with(*archive_);
}

// What samples are worked with.
void Appliance::open_depot() {
    auto store =
        clean::SampleStore::open(files_, settings_.state_directory / "samples", clean::store_limits(settings_.samples));
    if (store) {
        store_ = std::move(*store);
    } else {
        log_.error("samples.not_opened", store.error().text() + " No sample is taken.", {{"code", store.error().code}});
    }
    const auto hostname = [this] { return board_.status(config::Interface::clean)->hostname; };
    depot_ = std::make_unique<clean::Depot>(clean::Depot::House{.door = reception_->services(),
                                                                .store = store_.get(),
                                                                .executor = control_.get_executor(),
                                                                .hostname = hostname,
                                                                .client = client_.get()},
                                            settings_);
    depot_->start();
}

// By a one-time file, whose connection to the database is another one.
void Appliance::users_came() {
    if (reception_) reception_->users_came();
}

// First the thread that works with all the rest; the loops whose coroutines waited for it are still there.
void Appliance::close_archive() {
    if (!archive_) return;
    records::Database& database = archive_->end();
    office_->finish(database);
    depot_->finish(database);
    reception_->finish(database);
    archive_.reset();
}

void Appliance::open_console() {
    office_->configure_expiry(settings_.expiry_days);
    show_door_facts();
    for (const auto interface : config::interfaces)
        office_->tell(*statuses_[interface]);
    configure_workers();
    console_ = std::make_unique<admin::Console>(
        control_.get_executor(), log_,
        std::make_shared<const http::Router>(office_->routes(), http::Handler(), admin::console_gate()));
    if (const auto listening = console_->listen(settings_.console_socket); !listening) {
        log_.error("console.failed", listening.error().text(), {{"code", listening.error().code}});
    }
}

void Appliance::show_door_facts() {
    config::PerInterface<admin::DoorFacts> facts;
    for (const auto interface : config::interfaces) {
        const config::InterfaceSettings& own = settings_.interfaces[interface];
        for (const auto& address : addresses_[interface])
            facts[interface].listen.push_back(address.text());
        for (const auto& address : own.redirect)
            facts[interface].redirect.push_back(address.text());
        facts[interface].policy = own.policy;
        facts[interface].hostname_by_file = own.hostname_by_file;
        facts[interface].hostname_chosen = !own.hostname_by_file && !own.hostname.empty();
        facts[interface].policy_by_file = own.policy_by_file;
        facts[interface].legacy_tls = own.legacy_tls;
        for (const unsigned days : settings_.expiry_days)
            facts[interface].warning_days = std::max(facts[interface].warning_days, days);
    }
    office_->show(std::move(facts));
}

void Appliance::open_door(std::shared_ptr<const credentials::DoorStatus> status) {
    const config::Interface interface = status->interface;
    status_changed(std::move(status));
    configure_worker(interface);
    workers_->open(interface);
}

// A state directory that cannot be written keeps nothing from being served; one that another daemon uses does.
base::Result<void> Appliance::take_state() {
    auto lock = system::lock_state(settings_.state_directory);
    if (lock) {
        state_lock_ = std::move(*lock);
    } else if (lock.error().kind == base::ErrorKind::conflict) {
        return base::fail(lock.error());
    } else {
        log_.error("state.not_writable", lock.error().text() + " Nothing can be remembered over a restart.",
                   {{"code", lock.error().code}});
    }
    return {};
}

void Appliance::announce_ready() {
    std::vector<std::string> addresses;
    std::vector<std::string> doors;
    for (const auto interface : config::interfaces) {
        for (const auto& address : addresses_[interface])
            addresses.push_back(address.text());
        const auto& status = statuses_[interface];
        doors.push_back(std::string(config::name(interface)) + " https://" + content(interface).authority +
                        "/ SHA-256 " + status->certificate.fingerprint_sha256);
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
    depot_->stop([&put_back] { put_back.set_value(); });
    std::thread draining([this, &put_back] {
        workers_->drain(drain_patience);
        put_back.get_future().wait_for(drain_patience);
        control_.stop();
    });
    control_.run();
    draining.join();
    credentials_->stop();
    close_archive();
    depot_.reset();
    reception_.reset();
    office_.reset();
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
    auto next = config::load(files_, configuration_);
    if (!next) {
        for (const base::Error& error : next.error()) {
            log_.error("configuration.refused", error.text(),
                       {{"code", error.code}, {"file", configuration_.string()}});
        }
        configuration_trouble_ = "configuration REFUSED: " + next.error().front().message;
        notify_.ready(status_line());
        if (done) done({std::move(next.error()), {}});
        return;
    }
    const std::vector<std::string> restart = config::needs_restart(from_file_, *next);
    configuration_trouble_ = restart.empty() ? std::string() : "needs_restart: " + base::joined(restart, ", ");
    log_.info("configuration.reloaded",
              restart.empty()
                  ? std::string("The configuration is in force.")
                  : "The configuration is in force but for what needs a restart: " + base::joined(restart, ", ") + ".",
              {{"file", configuration_.string()}, {"needs_restart", base::joined(restart, " ")}});
    from_file_ = config::carry_over(from_file_, std::move(*next));
    apply(config::with_choices(from_file_, office_->choices()));
    auto known = [this, restart, done = std::move(done)] {
        notify_.ready(status_line());
        if (done) done({{}, restart});
    };
    credentials_->ask_with(settings_, Trigger::sighup,
                           [this, known = std::move(known)] { boost::asio::post(control_, known); });
}

void Appliance::apply_choices(std::function<void()> done) {
    apply(config::with_choices(from_file_, office_->choices()));
    credentials_->ask_with(settings_, Trigger::clock, [this, done = std::move(done)] {
        boost::asio::post(control_, done);  // behind what the run told
    });
}

void Appliance::apply(config::Settings next) {
    settings_ = std::move(next);
    log_.configure(settings_.log.level, settings_.log.format);
    if (depot_) depot_->configure(settings_);
    workers_->limit(settings_.limits);
    configure_workers();
    watch_->watch(watched_paths(settings_));
    office_->configure_expiry(settings_.expiry_days);
    networks_->fix(settings_.networks);
    show_door_facts();
}

void Appliance::status_changed(std::shared_ptr<const credentials::DoorStatus> status) {
    const config::Interface interface = status->interface;
    const auto& before = statuses_[interface];
    // Where the plain port redirects to depends on the hostname, HSTS on both.
    const bool matters = !before || before->hostname != status->hostname ||
                         before->certificate.self_signed != status->certificate.self_signed;
    board_.show(status);
    if (office_) office_->tell(*status);
    workers_->show(interface, std::make_shared<const std::string>(facts_page(*status)));
    statuses_[interface] = std::move(status);
    if (matters && started_) configure_workers();
    notify_.status(status_line());
}

void Appliance::configure_workers() {
    for (const auto interface : config::interfaces)
        configure_worker(interface);
}

void Appliance::configure_worker(config::Interface interface) {
    files_trouble_[interface].clear();
    if (const auto configured = workers_->configure(interface, content(interface)); !configured) {
        const std::string member = "interfaces." + std::string(config::name(interface)) + ".files";
        log_.error("files.refused", member + ": " + configured.error().text(), {{"code", configured.error().code}});
        files_trouble_[interface] = member + " cannot be served";
    }
}

DoorContent Appliance::content(config::Interface interface) const {
    const config::InterfaceSettings& own = settings_.interfaces[interface];
    DoorContent content{settings_.limits, own.files, {}, {}, {}, {}, {}};
    if (office_ && interface == config::Interface::admin) {
        content.routes = [this] { return office_->routes(); };
        content.gate = office_->gate();
    }
    if (reception_ && interface == config::Interface::clean) {
        content.routes = [this] {
            auto routes = reception_->routes();
            if (depot_) std::ranges::move(depot_->routes(), std::back_inserter(routes));
            return routes;
        };
        content.gate = reception_->gate();
        content.dress = clean::Reception::dress();
    }
    const std::uint16_t port = addresses_[interface].front().port;
    const auto& status = statuses_[interface];
    content.authority = bracketed(status ? status->hostname : own.hostname);
    if (port != https_port) content.authority += ":" + std::to_string(port);
    if (hsts_allowed(interface)) content.hsts = "max-age=" + std::to_string(settings_.hsts_seconds);
    return content;
}

// HSTS knows no ports: a browser that was told so at one door would refuse the self-signed other one for good.
bool Appliance::hsts_allowed(config::Interface interface) const {
    if (settings_.hsts_seconds == 0 || !statuses_[interface]) return false;
    return std::all_of(config::interfaces.begin(), config::interfaces.end(), [&](config::Interface other) {
        const auto& status = statuses_[other];
        return status && (status->hostname != statuses_[interface]->hostname || !status->certificate.self_signed);
    });
}

std::string Appliance::status_line() const {
    std::vector<std::string> parts;
    for (const auto interface : config::interfaces) {
        if (statuses_[interface]) parts.push_back(credentials::summary(*statuses_[interface], std::time(nullptr)));
    }
    for (const std::string& trouble : {configuration_trouble_, files_trouble_.clean, files_trouble_.admin}) {
        if (!trouble.empty()) parts.push_back(trouble);
    }
    return base::joined(parts, "; ");
}

}  // namespace gatehouse::server
