#include "server/admin/office.hpp"

#include "records/audit.hpp"
#include "records/choices.hpp"
#include "records/first_operator.hpp"
#include "server/admin/audit.hpp"
#include "server/admin/authorities.hpp"
#include "server/admin/certificate.hpp"
#include "server/admin/console.hpp"
#include "server/admin/factor_key.hpp"
#include "server/admin/interfaces.hpp"
#include "server/admin/metrics.hpp"
#include "server/admin/network.hpp"
#include "server/admin/operators.hpp"
#include "server/admin/pages.hpp"
#include "server/admin/retrieval.hpp"
#include "server/admin/second_factor.hpp"
#include "server/admin/session.hpp"
#include "server/admin/shapes.hpp"
#include "server/admin/status.hpp"

#include <boost/asio/co_spawn.hpp>

#include "portal/assets.hpp"
#include <ctime>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::admin {

namespace {

constexpr std::size_t hashing_threads = 2;  // 19 MiB each while a password is hashed
constexpr std::size_t most_waiting_hashes = 200;
constexpr std::size_t most_waiting_uploads = 8;
constexpr std::size_t key_making_threads = 1;
constexpr std::size_t most_waiting_keys = 8;
constexpr std::chrono::seconds between_tidyings{30};

// What `data:` of an event holds.
std::string event_text(std::string_view event, const credentials::DoorStatus& status, const std::string& message) {
    const credentials::LastReload& reload = status.last_reload;
    const bool expiring = event == "certificate.expiring";
    const Json data{{"event", event},
                    {"at", time_shape(expiring ? std::time(nullptr) : reload.at)},
                    {"interface", config::name(status.interface)},
                    {"change_id", expiring ? Json(nullptr) : text_or_null(reload.change_id)},
                    {"fingerprint_sha256",
                     text_or_null(expiring ? status.certificate.fingerprint_sha256 : reload.fingerprint_sha256)},
                    {"code", expiring ? Json(nullptr) : text_or_null(reload.code)},
                    {"message", message},
                    {"days_left", days_left(status.certificate, std::time(nullptr))}};
    return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Milliseconds since 1970: more than any process before has counted to.
std::uint64_t first_event_id() {
    using std::chrono::milliseconds;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
}

// The log has said why, with the file's name; a stranger is not told that.
http::Response records_unavailable(const http::Request& /*whatever it wants*/) {
    return http::problem(
        503, "records_unavailable",
        "The database of operators could not be opened, so nobody can sign in. The doors go on serving; "
        "the log says what is wrong with it.");
}

}  // namespace

Office::Office(House house)
    : files_(house.files),
      events_(first_event_id()),
      identities_(house.log),
      hashing_(hashing_threads, most_waiting_hashes),
      unpacking_(1, most_waiting_uploads),
      key_making_(key_making_threads, most_waiting_keys),
      facts_(std::make_shared<const config::PerInterface<DoorFacts>>()),
      choices_(std::make_shared<const config::Choices>()),
      executor_(std::move(house.executor)),
      tidy_timer_(executor_),
      services_{.log = house.log,
                .files = house.files,
                .credentials = house.credentials,
                .board = house.board,
                .events = events_,
                .hashing = &hashing_,
                .unpacking = &unpacking_,
                .key_making = &key_making_,
                .identities = &identities_,
                .refusals = &refusals_,
                .sign_in_throttle = &sign_in_throttle_,
                .recheck_throttle = &recheck_throttle_,
                .session_limits = {},
                .started = std::chrono::system_clock::now(),
                .door_facts = [this](config::Interface interface) { return (*facts_.load())[interface]; },
                .traffic = std::move(house.traffic),
                .runs = runs_,
                .choices = choices_,
                .apply_choices = std::move(house.apply_choices),
                .reload = std::move(house.reload),
                .trust = &house.trust,
                .networks = &house.networks,
                .retrievals = &retrievals_} {}

// First the thread that works with all the rest.
Office::~Office() {
    archive_.reset();
}

base::Result<void> Office::take_records(records::Database database, const std::filesystem::path& state_directory) {
    const auto first = records::make_first_operator(database, files_, state_directory, records::now());
    if (!first) return base::fail(first.error());
    if (*first) {
        services_.log.info("operator.made",
                           "The operator " + (*first)->name + " was made; the password stands in " +
                               (state_directory / "initial-password").string() + " until it is changed.",
                           {{"operator", (*first)->name}});
    }
    auto choices = records::read_choices(database);
    if (!choices) return base::fail(choices.error());
    choices_.store(std::make_shared<const config::Choices>(std::move(*choices)));
    if (auto loaded = identities_.load(database); !loaded) return loaded;
    load_network(services_, database);
    take_sealing_key(state_directory, database);
    archive_ = std::make_unique<Archive>(std::move(database));
    services_.archive = archive_.get();
    services_.state_directory = state_directory;
    tidy_now_and_then();
    return {};
}

// So that a restart ends no session that is in use, and the table holds none that ended long ago.
base::Result<void> Office::tidy(records::Database& database) {
    if (auto kept = identities_.keep_up(database); !kept) return kept;
    // Only now: one that is in use, but is not written down as seen, would count as idle.
    const auto expired = records::Sessions(database).expire(records::now());
    if (!expired) return base::fail(expired.error());
    return {};
}

// What session.cpp folded of sign-ins that were refused.
base::Result<void> Office::record_refusals(records::Database& database) {
    for (const Refused& refused : refusals_.due(std::chrono::steady_clock::now())) {
        const bool of_one = !refused.name.empty();
        const records::AuditEntry entry{.actor = of_one ? refused.name : "system",
                                        .via = of_one ? records::Via::session : records::Via::system,
                                        .address = refused.address,
                                        .action = "session.refused",
                                        .object = {},
                                        .refusal = refused.code,
                                        .detail = Json{{"count", refused.count}}.dump()};
        if (auto added = records::Audit(database).add(entry, records::now()); !added) return added;
    }
    return {};
}

void Office::tidy_now_and_then() {
    tidy_timer_.expires_after(between_tidyings);
    tidy_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        auto work = [this](records::Database& database) -> base::Result<void> {
            if (const auto recorded = record_refusals(database); !recorded) {
                services_.log.error("audit.failed", "session.refused was not recorded. " + recorded.error().text(),
                                    {{"code", recorded.error().code}, {"action", "session.refused"}});
            }
            return tidy(database);
        };
        auto done = [this](const std::exception_ptr& thrown, const base::Result<void>& result) {
            if (!thrown && !result) {
                services_.log.warning("sessions.not_written", result.error().text(), {{"code", result.error().code}});
            }
        };
        boost::asio::co_spawn(executor_, archive_->run(std::move(work)), std::move(done));
        tidy_now_and_then();
    });
}

void Office::take_sealing_key(const std::filesystem::path& state_directory, records::Database& database) {
    FactorKey found = factor_key(files_, state_directory, database);
    if (found.trouble) {
        services_.log.error("second_factor.locked", found.trouble->text(), {{"code", found.trouble->code}});
    }
    services_.sealing_key = std::move(found.key);
    services_.sealing_trouble = std::move(found.trouble);
}

std::vector<http::Route> Office::routes() const {
    std::vector<http::Route> routes;
    add_page_routes(routes, portal::admin_assets());
    add_status_routes(routes, services_);
    add_certificate_routes(routes, services_);
    add_console_routes(routes, services_);
    add_interface_routes(routes, services_);
    add_metrics_route(routes, services_);
    add_authority_routes(routes, services_);
    add_retrieval_routes(routes, services_);
    add_network_routes(routes, services_);
    std::vector<http::Route> of_records;
    add_session_routes(of_records, services_);
    add_operator_routes(of_records, services_);
    add_second_factor_routes(of_records, services_);
    add_token_routes(of_records, services_);
    add_audit_routes(of_records, services_);
    for (http::Route& route : of_records) {
        if (archive_ == nullptr) route.handler = records_unavailable;
        routes.push_back(std::move(route));
    }
    return routes;
}

http::Gate Office::gate() {
    return identities_.gate();
}

void Office::show(config::PerInterface<DoorFacts> facts) {
    facts_.store(std::make_shared<const config::PerInterface<DoorFacts>>(std::move(facts)));
}

void Office::tell(const credentials::DoorStatus& status) {
    tell_expiry(status);
    const std::string before = std::exchange(served_[status.interface], status.certificate.fingerprint_sha256);
    const credentials::LastReload& reload = status.last_reload;
    if (std::exchange(told_[status.interface], reload) == reload) return;
    RunCounts& runs = runs_[status.interface];
    const bool changed = reload.result == credentials::Outcome::activated;
    if (reload.result == credentials::Outcome::unchanged) return runs.unchanged.add(1);
    (changed ? runs.activated : runs.refused).add(1);
    if (!asked_for(reload)) record(status, before);
    events_.publish(changed ? "certificate.changed" : "reload.failed",
                    event_text(changed ? "certificate.changed" : "reload.failed", status, reload.message));
}

void Office::tell_expiry(const credentials::DoorStatus& status) {
    const char* event = "certificate.expiring";
    const std::string standing = std::string(event) + " " + std::string(config::name(status.interface));
    const auto now = std::time(nullptr);
    if (!expiry_.is_near(status.certificate, now)) events_.withdraw(standing);
    const auto sentence = expiry_.look(status.interface, status.certificate, now);
    if (!sentence) return;
    services_.log.warning(event, *sentence,
                          {{"interface", std::string(config::name(status.interface))},
                           {"fingerprint_sha256", status.certificate.fingerprint_sha256},
                           {"days_left", std::to_string(days_left(status.certificate, now))}});
    events_.publish_standing(standing, event, event_text(event, status, *sentence));
}

// A change that nobody asked for through a door: files, a signal or the clock brought it about.
void Office::record(const credentials::DoorStatus& status, const std::string& before) {
    if (archive_ == nullptr) return;
    const credentials::LastReload& reload = status.last_reload;
    const Json detail{{"interface", config::name(status.interface)},
                      {"trigger", name(reload.trigger)},
                      {"before_sha256", before},
                      {"after_sha256", status.certificate.fingerprint_sha256}};
    records::AuditEntry entry{.actor = "system",
                              .via = records::Via::system,
                              .address = {},
                              .action = "certificate.changed",
                              .object = std::string(config::name(status.interface)),
                              .refusal = reload.code,
                              .detail = detail.dump()};
    auto work = [entry = std::move(entry)](records::Database& database) {
        return records::Audit(database).add(entry, records::now());
    };
    auto written = [this](const std::exception_ptr& thrown, const base::Result<void>& result) {
        if (!thrown && result) return;
        services_.log.error("audit.failed", "certificate.changed was not recorded. " +
                                                (thrown ? std::string("There is no memory.") : result.error().text()));
    };
    boost::asio::co_spawn(executor_, archive_->run(std::move(work)), std::move(written));
}

}  // namespace gatehouse::admin
