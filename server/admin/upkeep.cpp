#include "server/admin/upkeep.hpp"

#include "base/broken_promise.hpp"
#include "records/sessions.hpp"
#include "server/archive/audit_trail.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace gatehouse::admin {

namespace {

constexpr std::chrono::seconds between_tidyings{30};

}  // namespace

Upkeep::Upkeep(const boost::asio::any_io_executor& executor, base::Log& log, archive::Archive& archive,
               Identities& identities, archive::Refusals& refusals, archive::Refusals& refused_changes)
    : log_(log),
      archive_(archive),
      identities_(identities),
      refusals_(refusals),
      change_refusals_(refused_changes),
      timer_(executor) {
    now_and_then();
}

void Upkeep::now_and_then() {
    timer_.expires_after(between_tidyings);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        auto work = [this](records::Database& database) {
            const auto now = std::chrono::steady_clock::now();
            archive::record_refusals(log_, database, refusals_.due(now), session_refusals);
            archive::record_refusals(log_, database, change_refusals_.due(now), change_refusals);
            return tidy(database);
        };
        auto done = [this](const std::exception_ptr& thrown, base::Result<void> tidied) {
            if (thrown) tidied = base::fail(base::broken_promise(thrown));
            if (!tidied) complain(tidied.error());
        };
        boost::asio::co_spawn(timer_.get_executor(), archive_.run(std::move(work)), std::move(done));
        now_and_then();
    });
}

void Upkeep::finish(records::Database& database) {
    archive::record_refusals(log_, database, refusals_.rest(), session_refusals);
    archive::record_refusals(log_, database, change_refusals_.rest(), change_refusals);
    if (const auto tidied = tidy(database); !tidied) complain(tidied.error());
}

base::Result<void> Upkeep::tidy(records::Database& database) {
    if (auto kept = identities_.keep_up(database); !kept) return kept;
    // Only now: one that is in use, but is not written down as seen, would count as idle.
    const auto expired = records::Sessions(database).expire(records::now());
    if (!expired) return base::fail(expired.error());
    return {};
}

void Upkeep::complain(const base::Error& error) {
    log_.warning("sessions.not_written", error.text(), {{"code", error.code}});
}

}  // namespace gatehouse::admin
