// The clean door as a whole: what its rooms share, and the table of its routes. Owned by Backend and made on the
// control thread; routes, gate and dress serve all workers.
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/clean/services.hpp"
#include "server/clean/upkeep.hpp"
#include "server/http/router.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace gatehouse::clean {

class Reception {
public:
    /// What the reception needs of the rest of the house.
    struct House {
        base::FileSystem& files;
        base::Log& log;
        boost::asio::any_io_executor executor;  ///< the control thread's
    };

    explicit Reception(House house);
    Reception(const Reception&) = delete;
    Reception& operator=(const Reception&) = delete;
    ~Reception();

    /// Makes the first user in the database of STATE where there is no administrator, and loads who may come in.
    /// Without it the door answers, and nobody is let in. Errors: those of records.
    [[nodiscard]] base::Result<void> take_records(records::Database& database,
                                                  const std::filesystem::path& state_directory);
    /// From now on there is an archive of that database, which ends before this goes.
    void work_with(archive::Archive& archive);
    /// Users were added by another connection to the database: lets them in.
    void users_came();
    /// Why no API key and no device is recognised; nullopt: they are.
    [[nodiscard]] const std::optional<base::Error>& key_trouble() const { return key_trouble_; }
    /// The last that is written; with the database of the archive that has ended.
    void finish(records::Database& database);

    /// What the door's rooms work with; it lives as long as this.
    [[nodiscard]] const Services& services() const { return services_; }

    /// For one worker.
    [[nodiscard]] std::vector<http::Route> routes() const;
    [[nodiscard]] http::Gate gate() const;
    [[nodiscard]] static http::Dress dress();

private:
    http::EventHub events_;
    archive::Refusals refusals_;
    archive::Refusals device_refusals_;
    archive::Refusals change_refusals_;
    net::Pace sign_in_pace_;
    net::Pace change_pace_;
    net::Pace download_pace_;
    archive::GuardedThrottle sign_in_throttle_;
    archive::GuardedThrottle device_throttle_;
    Places registrations_;
    archive::GuardedThrottle recheck_throttle_;
    net::Pool hashing_;
    net::Pool setting_;
    std::unique_ptr<Members> members_;  // null: the database could not be opened
    std::optional<base::Error> key_trouble_;
    boost::asio::any_io_executor executor_;
    Services services_;
    std::unique_ptr<Upkeep> upkeep_;
};

}  // namespace gatehouse::clean
