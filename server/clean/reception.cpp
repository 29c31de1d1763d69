#include "server/clean/reception.hpp"

#include "base/broken_promise.hpp"
#include "portal/assets.hpp"
#include "records/first_user.hpp"
#include "records/password.hpp"
#include "records/users_key.hpp"
#include "server/clean/devices.hpp"
#include "server/clean/envelope.hpp"
#include "server/clean/events.hpp"
#include "server/clean/field_configuration.hpp"
#include "server/clean/field_users.hpp"
#include "server/clean/limits.hpp"
#include "server/clean/organizations.hpp"
#include "server/clean/passwords.hpp"
#include "server/clean/session.hpp"
#include "server/clean/users.hpp"
#include "server/http/pages.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

constexpr std::size_t setting_threads = 1;
constexpr net::Pace::Limits sign_in_limits{.at_once = 60, .interval = std::chrono::seconds(1)};
constexpr net::Pace::Limits change_limits{.at_once = 60, .interval = std::chrono::seconds(1)};
constexpr net::Pace::Limits download_limits{.at_once = 600, .interval = std::chrono::milliseconds(100)};
constexpr Places::Limits registration_places{.in_all = 64, .of_holder = 32};

// The log has said why, with the file's name; a stranger is not told that.
http::Response records_unavailable(const http::Request& /*whatever it wants*/) {
    return http::problem(503, "records_unavailable",
                         "The database of users could not be opened, so nobody can come in. The log of the appliance "
                         "says what is wrong with it.");
}

}  // namespace

Reception::Reception(House house)
    : sign_in_pace_(sign_in_limits),
      change_pace_(change_limits),
      download_pace_(download_limits),
      registrations_(registration_places),
      hashing_(records::most_hashes_at_once, records::most_waiting_hashes),
      setting_(setting_threads, records::most_waiting_hashes),
      executor_(std::move(house.executor)),
      services_{.log = house.log,
                .files = house.files,
                .events = events_,
                .hashing = hashing_,
                .setting = setting_,
                .sign_in_pace = sign_in_pace_,
                .change_pace = change_pace_,
                .download_pace = download_pace_,
                .refusals = refusals_,
                .device_refusals = device_refusals_,
                .change_refusals = change_refusals_,
                .sign_in_throttle = sign_in_throttle_,
                .device_throttle = device_throttle_,
                .registrations = registrations_,
                .recheck_throttle = recheck_throttle_,
                .session_limits = {}} {}

Reception::~Reception() = default;

base::Result<void> Reception::take_records(records::Database& database, const std::filesystem::path& state_directory) {
    records::UsersKey box = records::users_key(services_.files, state_directory, database);
    if (box.trouble) services_.log.error("users_key.locked", box.trouble->text(), {{"code", box.trouble->code}});
    key_trouble_ = std::move(box.trouble);
    const auto first = records::make_first_user(database, services_.files, state_directory, box.key, records::now());
    if (!first) return base::fail(first.error());
    if (*first) {
        services_.log.info("user.made",
                           "The user " + (*first)->login + " of the clean door was made; the password stands in " +
                               (state_directory / "initial-password-clean").string() + " until it is changed.",
                           {{"user", (*first)->login}});
    }
    auto members = std::make_unique<Members>(services_.log, box.key);
    if (auto loaded = members->load(database); !loaded) return loaded;
    members_ = std::move(members);
    services_.members = members_.get();
    services_.box_key = std::move(box.key);
    services_.state_directory = state_directory;
    return {};
}

void Reception::work_with(archive::Archive& archive) {
    services_.archive = &archive;
    if (members_) upkeep_ = std::make_unique<Upkeep>(executor_, services_);
}

void Reception::users_came() {
    if (services_.archive == nullptr || !members_) return;
    auto work = [this](records::Database& database) -> base::Result<void> {
        members_->refresh(database);
        return {};
    };
    auto done = [this](const std::exception_ptr& thrown, const base::Result<void>& refreshed) {
        if (thrown) services_.log.error("members.not_loaded", base::broken_promise(thrown).text(), {});
        if (!refreshed) {
            services_.log.error("members.not_loaded", refreshed.error().text(), {{"code", refreshed.error().code}});
        }
    };
    boost::asio::co_spawn(executor_, services_.archive->run(std::move(work), net::Queueing::always), std::move(done));
}

void Reception::finish(records::Database& database) {
    if (upkeep_) upkeep_->finish(database);
}

std::vector<http::Route> Reception::routes() const {
    std::vector<http::Route> routes;
    http::add_page_routes(routes, portal::clean_assets());
    std::vector<http::Route> of_records;
    add_session_routes(of_records, services_);
    add_event_routes(of_records, services_);
    add_user_routes(of_records, services_);
    add_password_routes(of_records, services_);
    add_limit_routes(of_records, services_);
    add_organization_routes(of_records, services_);
    add_device_routes(of_records, services_);
    add_field_user_routes(of_records, services_);
    add_field_configuration_routes(of_records, services_);
    const bool available = services_.archive != nullptr && members_;
    for (http::Route& route : of_records) {
        if (!available) {
            route.access = http::Access::anyone;
            route.handler = records_unavailable;
        }
        routes.push_back(std::move(route));
    }
    return routes;
}

http::Gate Reception::gate() const {
    return members_ ? members_->gate() : http::Gate();
}

http::Dress Reception::dress() {
    return dress_refusal;
}

}  // namespace gatehouse::clean
