// The dispositions of the database as the syndication works through them, and the services that are told. Owned by the
// depot; on the control executor but where it says otherwise, and waits for the archive's thread.
#pragma once

#include "config/settings.hpp"
#include "records/disposition_services.hpp"
#include "server/clean/services.hpp"
#include "server/integrations/syndication.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace gatehouse::clean {

/// As it is called.
[[nodiscard]] integrations::DispositionService called_service(records::ServiceAccess access);

class SyndicationDesk : public std::enable_shared_from_this<SyndicationDesk> {
public:
    /// `services` has an archive and members, and outlives the end of `stop`; so does what `deliver` refers to.
    SyndicationDesk(boost::asio::any_io_executor executor, const Services& services, integrations::Deliver deliver,
                    integrations::SyndicationPace pace = {});
    SyndicationDesk(const SyndicationDesk&) = delete;
    SyndicationDesk& operator=(const SyndicationDesk&) = delete;
    ~SyndicationDesk() = default;

    /// Takes the services of the database, and begins to tell them what waits. Once.
    void start(const config::DispositionSettings& settings);
    /// From now on these settings hold.
    void configure(const config::DispositionSettings& settings);
    /// One was added, edited or removed. Any thread.
    void services_changed();
    /// Something waits. Any thread.
    void wake() { syndication_->wake(); }
    /// The service is to be looked at now, be it away. Any thread.
    void hasten(std::int64_t service) { syndication_->hasten(service); }
    /// All of them are. Any thread.
    void hasten_all() { syndication_->hasten_all(); }
    /// The service was reached by a test. Any thread.
    void tested(std::int64_t service) { syndication_->tested(service); }
    /// By the services' ids. Any thread.
    [[nodiscard]] std::map<std::int64_t, integrations::ServiceState> states() const { return syndication_->states(); }
    /// Ends what is under way, then calls `done`, on the executor.
    void stop(std::function<void()> done);

private:
    void load();
    // `services` outlives the loop's coroutines, the desk need not.
    [[nodiscard]] static boost::asio::awaitable<void> load_services(std::weak_ptr<SyndicationDesk> weak,
                                                                    const Services& services);
    void take(base::Result<std::vector<records::ServiceAccess>> loaded);
    // What waits for those that can't even be called waits no longer than for others: each hour counts as a try.
    void look_at_locked();

    boost::asio::any_io_executor executor_;
    const Services& services_;
    config::DispositionSettings settings_;
    std::vector<integrations::DispositionService> known_;  // as of the last load
    boost::asio::steady_timer again_;                      // where they could not be loaded
    boost::asio::steady_timer hourly_;
    bool stopped_ = false;
    integrations::SyndicationWork work_;
    std::unique_ptr<integrations::Syndication> syndication_;
};

}  // namespace gatehouse::clean
