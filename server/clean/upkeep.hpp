// What the clean door does with its database now and then, and once more at the end: writes down who was seen, so that
// a restart ends no session that is in use; forgets sessions and registrations that expired, and submissions' times
// that count no more; records the refusals that were folded. Owned by the reception, on its executor; the work runs on
// the archive's thread.
#pragma once

#include "server/clean/services.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace gatehouse::clean {

class Upkeep {
public:
    /// `services`, with an archive, must outlive this. Begins at once.
    Upkeep(const boost::asio::any_io_executor& executor, const Services& services);
    Upkeep(const Upkeep&) = delete;
    Upkeep& operator=(const Upkeep&) = delete;
    ~Upkeep() = default;

    /// The last time; with the database of an archive that has ended.
    void finish(records::Database& database);

private:
    void now_and_then();
    [[nodiscard]] base::Result<void> tidy(records::Database& database);
    [[nodiscard]] base::Result<void> expire_devices(records::Database& database);
    void complain(const base::Error& error);

    const Services& services_;
    boost::asio::steady_timer timer_;
};

}  // namespace gatehouse::clean
