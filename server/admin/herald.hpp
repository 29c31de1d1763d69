// Tells how the runs of the one path ended, and what the clock brings: events to open pages and scripts, counts for the
// metrics, audit records of what nobody asked for through a door, that a door's settings changed, and that a
// certificate is about to expire. Owned by Office; the control thread only.
#pragma once

#include "server/admin/expiry.hpp"
#include "server/admin/services.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::admin {

class Herald {
public:
    /// `services` and `runs` must outlive this; `executor` is the control thread's.
    Herald(const Services& services, config::PerInterface<RunCounts>& runs, boost::asio::any_io_executor executor);

    /// At how many days before the end of a certificate it is told.
    void configure_expiry(std::vector<unsigned> days) { expiry_.configure(std::move(days)); }
    /// A door's status after a run, or for the first time.
    void tell(const credentials::DoorStatus& status);

private:
    // What of a door's settings people look at.
    struct InForce {
        std::string hostname;
        config::TlsPolicy policy;
        bool legacy_tls;
    };

    void tell_settings(const credentials::DoorStatus& status);
    void tell_expiry(const credentials::DoorStatus& status);
    void record(const credentials::DoorStatus& status, const std::string& before);

    const Services& services_;
    config::PerInterface<RunCounts>& runs_;
    boost::asio::any_io_executor executor_;
    config::PerInterface<credentials::LastReload> told_;
    config::PerInterface<std::string> served_;  // fingerprints
    config::PerInterface<std::optional<InForce>> in_force_;
    Expiry expiry_;
};

}  // namespace gatehouse::admin
