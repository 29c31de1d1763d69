// What the admin door does with its database now and then, and once more at the end: writes down when sessions and
// tokens were seen, so that a restart ends none that is in use; ends sessions that expired; records the refused
// sign-ins and changes that were folded. Owned by Office, on its executor; the work runs on the archive's thread.
#pragma once

#include "base/log.hpp"
#include "server/admin/identities.hpp"
#include "server/archive/archive.hpp"
#include "server/archive/refusals.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace gatehouse::admin {

class Upkeep {
public:
    /// All must outlive this, the archive's thread excepted. Begins at once.
    Upkeep(const boost::asio::any_io_executor& executor, base::Log& log, archive::Archive& archive,
           Identities& identities, archive::Refusals& refusals, archive::Refusals& refused_changes);
    Upkeep(const Upkeep&) = delete;
    Upkeep& operator=(const Upkeep&) = delete;
    ~Upkeep() = default;

    /// The last time; with the database of an archive that has ended.
    void finish(records::Database& database);

private:
    void now_and_then();
    [[nodiscard]] base::Result<void> tidy(records::Database& database);
    void complain(const base::Error& error);

    base::Log& log_;
    archive::Archive& archive_;
    Identities& identities_;
    archive::Refusals& refusals_;
    archive::Refusals& change_refusals_;
    boost::asio::steady_timer timer_;
};

}  // namespace gatehouse::admin
