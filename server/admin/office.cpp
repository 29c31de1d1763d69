#include "server/admin/office.hpp"

#include "portal/assets.hpp"
#include "records/audit.hpp"
#include "records/choices.hpp"
#include "records/first_operator.hpp"
#include "records/password.hpp"
#include "server/admin/audit.hpp"
#include "server/admin/authorities.hpp"
#include "server/admin/certificate.hpp"
#include "server/admin/console.hpp"
#include "server/admin/factor_key.hpp"
#include "server/admin/interfaces.hpp"
#include "server/admin/metrics.hpp"
#include "server/admin/network.hpp"
#include "server/admin/operators.hpp"
#include "server/admin/retrieval.hpp"
#include "server/admin/second_factor.hpp"
#include "server/admin/session.hpp"
#include "server/admin/signing_request.hpp"
#include "server/admin/status.hpp"
#include "server/http/pages.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

constexpr net::Pace::Limits sign_in_limits{.at_once = 60, .interval = std::chrono::seconds(1)};
constexpr net::Pace::Limits change_limits{.at_once = 60, .interval = std::chrono::seconds(1)};
constexpr std::size_t most_waiting_uploads = 8;
constexpr std::size_t key_making_threads = 1;
constexpr std::size_t most_waiting_keys = 8;

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
      sign_in_pace_(sign_in_limits),
      change_pace_(change_limits),
      identities_(house.log),
      hashing_(records::most_hashes_at_once, records::most_waiting_hashes),
      unpacking_(1, most_waiting_uploads),
      key_making_(key_making_threads, most_waiting_keys),
      facts_(std::make_shared<const config::PerInterface<DoorFacts>>()),
      troubles_(std::make_shared<const std::vector<Trouble>>()),
      choices_(std::make_shared<const config::Choices>()),
      executor_(std::move(house.executor)),
      services_{.log = house.log,
                .files = house.files,
                .credentials = house.credentials,
                .board = house.board,
                .events = events_,
                .hashing = hashing_,
                .unpacking = unpacking_,
                .key_making = key_making_,
                .identities = identities_,
                .sign_in_pace = sign_in_pace_,
                .change_pace = change_pace_,
                .refusals = refusals_,
                .change_refusals = change_refusals_,
                .sign_in_throttle = sign_in_throttle_,
                .recheck_throttle = recheck_throttle_,
                .session_limits = {},
                .started = std::chrono::system_clock::now(),
                .door_facts = [this](config::Interface interface) { return (*facts_.load())[interface]; },
                .troubles = [this] { return *troubles_.load(); },
                .traffic = std::move(house.traffic),
                .runs = runs_,
                .choices = choices_,
                .apply_choices = std::move(house.apply_choices),
                .reload = std::move(house.reload),
                .trust = house.trust,
                .networks = house.networks,
                .retrievals = retrievals_},
      herald_(services_, runs_, executor_) {}

Office::~Office() = default;

base::Result<void> Office::take_records(records::Database& database, const std::filesystem::path& state_directory) {
    // Before what may fail: the doors go by them.
    auto choices = records::read_choices(database);
    if (!choices) return base::fail(choices.error());
    choices_.store(std::make_shared<const config::Choices>(std::move(*choices)));
    choices_read_ = true;
    const auto first = records::make_first_operator(database, files_, state_directory, records::now());
    if (!first) return base::fail(first.error());
    if (*first) {
        services_.log.info("operator.made",
                           "The operator " + (*first)->name + " was made; the password stands in " +
                               (state_directory / "initial-password").string() + " until it is changed.",
                           {{"operator", (*first)->name}});
    }
    if (auto loaded = identities_.load(database); !loaded) return loaded;
    load_network(services_, database);
    take_sealing_key(state_directory, database);
    services_.state_directory = state_directory;
    return {};
}

void Office::work_with(archive::Archive& archive) {
    services_.archive = &archive;
    upkeep_ = std::make_unique<Upkeep>(executor_, services_.log, archive, identities_, refusals_, change_refusals_);
}

void Office::finish(records::Database& database) {
    if (upkeep_) upkeep_->finish(database);
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
    http::add_page_routes(routes, portal::admin_assets());
    add_status_routes(routes, services_);
    add_certificate_routes(routes, services_);
    add_signing_request_routes(routes, services_);
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
        if (services_.archive == nullptr) route.handler = records_unavailable;
        routes.push_back(std::move(route));
    }
    return routes;
}

http::Gate Office::gate() {
    return identities_.gate();
}

std::optional<config::Choices> Office::choices() const {
    if (!choices_read_) return std::nullopt;
    return *choices_.load();
}

void Office::show(std::vector<Trouble> troubles) {
    troubles_.store(std::make_shared<const std::vector<Trouble>>(std::move(troubles)));
}

void Office::show(config::PerInterface<DoorFacts> facts) {
    facts_.store(std::make_shared<const config::PerInterface<DoorFacts>>(std::move(facts)));
}

}  // namespace gatehouse::admin
