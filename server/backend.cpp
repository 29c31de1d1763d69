#include "server/backend.hpp"

#include "records/migrations.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gatehouse::server {

namespace {

// Follows the advice: what else looks wrong then is not.
constexpr const char* hostnames_unknown =
    " Until then hostnames that were set in the portal are not known, and the system's stands in: replace no "
    "certificate "
    "because of its name.";

clean::Reception::House reception_house(const admin::Office::House& house) {
    return {.files = house.files, .log = house.log, .executor = house.executor};
}

clean::Depot::House depot_house(const Backend::House& house, const clean::Reception& reception) {
    return {.door = reception.services(),
            .store = house.store,
            .executor = house.office.executor,
            .hostname = [&board = house.office.board] { return board.status(config::Interface::clean)->hostname; },
            .courier_client = &house.courier_client,
            .fetch_client = &house.fetch_client};
}

}  // namespace

Backend::Backend(const House& house, std::optional<records::Database> records, const config::Settings& settings)
    : log_(house.office.log),
      office_(house.office),
      reception_(reception_house(house.office)),
      archive_(open_archive(std::move(records), settings.state_directory)),
      depot_(depot_house(house, reception_), settings) {
    office_.configure_expiry(settings.expiry_days);
    depot_.start();
}

// First the thread that works with all the rest; the loops whose coroutines waited for it are still there.
Backend::~Backend() {
    if (!archive_) return;
    records::Database& database = archive_->end();
    office_.finish(database);
    depot_.finish(database);
    reception_.finish(database);
    archive_.reset();
}

void Backend::complain_of_records(const base::Error& error, const std::string& consequence) {
    log_.error("records.failed", error.text() + " " + consequence, {{"code", error.code}});
    troubles_.push_back(trouble("records_failed", error, consequence));
}

// The doors serve where this fails, too.
std::unique_ptr<archive::Archive> Backend::open_archive(std::optional<records::Database> records,
                                                        const std::filesystem::path& state_directory) {
    if (!records) {
        auto opened = records::open_records(state_directory / "gatehouse.db");
        if (!opened) {
            complain_of_records(opened.error(), "Nobody can sign in at either door.");
            troubles_.back().advice += hostnames_unknown;
            return nullptr;
        }
        records.emplace(std::move(*opened));
    }
    // What is wrong with the users of one door closes that door alone.
    const auto operators = office_.take_records(*records, state_directory);
    if (!operators) complain_of_records(operators.error(), "Nobody can sign in at the admin door.");
    const auto users = reception_.take_records(*records, state_directory);
    if (!users) complain_of_records(users.error(), "Nobody is let in at the clean door.");
    if (const auto& why = reception_.key_trouble())
        troubles_.push_back(trouble("users_key_locked", *why, "No API key and no device is recognised."));
    if (const auto& why = office_.sealing_trouble()) {
        troubles_.push_back(
            trouble("second_factor_locked", *why, "Operators with a second factor cannot sign in at the admin door."));
    }
    auto archive = std::make_unique<archive::Archive>(std::move(*records));
    if (operators) office_.work_with(*archive);
    reception_.work_with(*archive);
    return archive;
}

DoorOffer Backend::offer(config::Interface interface) {
    if (interface == config::Interface::admin) {
        return {.routes = [this] { return office_.routes(); }, .gate = office_.gate(), .dress = {}};
    }
    return {.routes =
                [this] {
                    auto routes = reception_.routes();
                    std::ranges::move(depot_.routes(), std::back_inserter(routes));
                    return routes;
                },
            .gate = reception_.gate(),
            .dress = clean::Reception::dress()};
}

void Backend::configure(const config::Settings& settings) {
    office_.configure_expiry(settings.expiry_days);
    depot_.configure(settings);
}

}  // namespace gatehouse::server
