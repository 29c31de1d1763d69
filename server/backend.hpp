// What stands behind both doors: the office of operators, the reception of users and devices, the depot of samples, and
// the archive that all of them work with. Knows in which order they begin and end. Owned by the appliance; made, used
// and ended on the control thread, as what it owns says of itself.
#pragma once

#include "server/admin/office.hpp"
#include "server/archive/archive.hpp"
#include "server/clean/depot.hpp"
#include "server/clean/reception.hpp"
#include "server/troubles.hpp"
#include "server/workers.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::server {

class Backend {
public:
    /// What the rest of the house has for it.
    struct House {
        admin::Office::House office;
        /// Outlives the workers, see Depot; null: it could not be opened.
        samples::SampleStore* store = nullptr;
        net::HttpsClient& courier_client;
        net::HttpsClient& fetch_client;
    };

    /// Begins all of them. `records`: the database of STATE, where it is open already. What can't be opened is told in
    /// the log, and the routes that need it say so.
    Backend(const House& house, std::optional<records::Database> records, const config::Settings& settings);
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    /// The workers answer nothing any more, but their loops are still there.
    ~Backend();

    [[nodiscard]] admin::Office& office() { return office_; }
    [[nodiscard]] DoorOffer offer(config::Interface interface);

    /// What of it could not be opened when it began.
    [[nodiscard]] const std::vector<admin::Trouble>& troubles() const { return troubles_; }

    /// From now on these settings hold.
    void configure(const config::Settings& settings);
    /// Who is believed, or how others are reached, was changed.
    void ways_out_changed() { depot_.ways_out_changed(); }
    /// By a one-time file, whose connection to the database is another one.
    void users_came() { reception_.users_came(); }
    /// Begins nothing any more and puts back what is being analyzed, then calls `done` on the control executor.
    void stop(std::function<void()> done) { depot_.stop(std::move(done)); }

private:
    [[nodiscard]] std::unique_ptr<archive::Archive> open_archive(std::optional<records::Database> records,
                                                                 const std::filesystem::path& state_directory);
    void complain_of_records(const base::Error& error, const std::string& consequence);

    base::Log& log_;
    std::vector<admin::Trouble> troubles_;
    admin::Office office_;
    clean::Reception reception_;
    std::unique_ptr<archive::Archive> archive_;  // null: no database; its thread works with all others
    clean::Depot depot_;
};

}  // namespace gatehouse::server
