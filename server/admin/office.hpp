// The admin door as a whole: what its rooms share, and the tables of its routes, for TLS and for the console. Owned by
// Backend and made on the control thread; routes and gate serve all workers and the console.
#pragma once

#include "base/files.hpp"
#include "base/shared.hpp"
#include "server/admin/herald.hpp"
#include "server/admin/services.hpp"
#include "server/admin/upkeep.hpp"
#include "server/http/router.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace gatehouse::admin {

class Office {
public:
    /// What the office needs of the rest of the house.
    struct House {
        base::FileSystem& files;
        base::Log& log;
        credentials::Credentials& credentials;
        const credentials::Board& board;
        std::function<std::vector<const http::Traffic*>(config::Interface)> traffic;
        std::function<void(std::function<void(Reloaded)> done)> reload;
        std::function<void(std::function<void()> done)> apply_choices;
        boost::asio::any_io_executor executor;  ///< the control thread's
        net::Trust& trust;
        net::Networks& networks;
    };

    explicit Office(House house);
    Office(const Office&) = delete;
    Office& operator=(const Office&) = delete;
    ~Office();

    /// Makes the first operator in the database of STATE where there is none. Without a database the doors serve, the
    /// console works, and nobody can sign in. Errors: those of records.
    [[nodiscard]] base::Result<void> take_records(records::Database& database,
                                                  const std::filesystem::path& state_directory);
    /// From now on there is an archive of that database, which ends before this goes.
    void work_with(archive::Archive& archive);
    /// The last that is written; with the database of the archive that has ended.
    void finish(records::Database& database);

    /// What operators chose, as it is kept; nullopt: it could not be read.
    [[nodiscard]] std::optional<config::Choices> choices() const;
    /// Why second factors can't be checked; nullopt: they can.
    [[nodiscard]] const std::optional<base::Error>& sealing_trouble() const { return services_.sealing_trouble; }

    /// For one worker, or for the console: what is for it alone is refused elsewhere by the gate.
    [[nodiscard]] std::vector<http::Route> routes() const;
    [[nodiscard]] http::Gate gate();

    /// What is true of a door besides its certificate, after each change of the configuration.
    void show(config::PerInterface<DoorFacts> facts);
    /// What is wrong with the box as a whole, whenever that changes.
    void show(std::vector<Trouble> troubles);
    /// At how many days before the end of a certificate it is told.
    void configure_expiry(std::vector<unsigned> days) { herald_.configure_expiry(std::move(days)); }
    /// Tells open pages and scripts how a run ended, where it changed or refused something.
    void tell(const credentials::DoorStatus& status) { herald_.tell(status); }

private:
    void take_sealing_key(const std::filesystem::path& state_directory, records::Database& database);

    base::FileSystem& files_;
    http::EventHub events_;
    archive::Refusals refusals_;
    archive::Refusals change_refusals_;
    net::Pace sign_in_pace_;
    net::Pace change_pace_;
    archive::GuardedThrottle sign_in_throttle_;
    archive::GuardedThrottle recheck_throttle_;
    Identities identities_;
    Retrievals retrievals_;
    net::Pool hashing_;
    net::Pool unpacking_;
    net::Pool key_making_;
    std::unique_ptr<Upkeep> upkeep_;  // null: the database could not be opened
    base::Shared<config::PerInterface<DoorFacts>> facts_;
    base::Shared<std::vector<Trouble>> troubles_;
    base::Shared<config::Choices> choices_;
    bool choices_read_ = false;
    config::PerInterface<RunCounts> runs_;
    boost::asio::any_io_executor executor_;
    Services services_;
    Herald herald_;
};

}  // namespace gatehouse::admin
