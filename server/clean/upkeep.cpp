#include "server/clean/upkeep.hpp"

#include "base/broken_promise.hpp"
#include "records/audit.hpp"
#include "records/rate_limits.hpp"
#include "server/archive/audit_trail.hpp"
#include "server/clean/asking.hpp"
#include "server/clean/events.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

constexpr std::chrono::seconds between_tidyings{30};

}  // namespace

Upkeep::Upkeep(const boost::asio::any_io_executor& executor, const Services& services)
    : services_(services), timer_(executor) {
    now_and_then();
}

void Upkeep::now_and_then() {
    timer_.expires_after(between_tidyings);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        auto work = [this](records::Database& database) {
            const auto now = std::chrono::steady_clock::now();
            archive::record_refusals(services_.log, database, services_.refusals.due(now), session_refusals);
            archive::record_refusals(services_.log, database, services_.device_refusals.due(now), device_refusals);
            archive::record_refusals(services_.log, database, services_.change_refusals.due(now), change_refusals);
            return tidy(database);
        };
        auto done = [this](const std::exception_ptr& thrown, base::Result<void> tidied) {
            if (thrown) tidied = base::fail(base::broken_promise(thrown));
            if (!tidied) complain(tidied.error());
        };
        boost::asio::co_spawn(timer_.get_executor(), services_.archive->run(std::move(work)), std::move(done));
        now_and_then();
    });
}

void Upkeep::finish(records::Database& database) {
    archive::record_refusals(services_.log, database, services_.refusals.rest(), session_refusals);
    archive::record_refusals(services_.log, database, services_.device_refusals.rest(), device_refusals);
    archive::record_refusals(services_.log, database, services_.change_refusals.rest(), change_refusals);
    if (const auto tidied = tidy(database); !tidied) complain(tidied.error());
}

base::Result<void> Upkeep::tidy(records::Database& database) {
    if (auto kept = services_.members->keep_up(database); !kept) return kept;
    // Only now: one that is in use, but is not written down as seen, would count as expired.
    const auto now = records::now();
    if (const auto expired = records::UserSessions(database).expire(now); !expired) return base::fail(expired.error());
    if (const auto expired = records::RateLimits(database).expire(now); !expired) return base::fail(expired.error());
    return expire_devices(database);
}

base::Result<void> Upkeep::expire_devices(records::Database& database) {
    const auto expired = records::Devices(database, services_.box_key).expire(records::now());
    if (!expired) return base::fail(expired.error());
    if (expired->empty()) return {};
    services_.members->refresh(database);
    for (const std::string& device : *expired) {
        tell_user_changed(services_, device);
        const records::AuditEntry entry{.actor = "system",
                                        .via = records::Via::system,
                                        .address = {},
                                        .action = "device.expired",
                                        .object = device,
                                        .refusal = {},
                                        .detail = R"({"interface":"clean"})"};
        if (auto added = records::Audit(database).add(entry, records::now()); !added) return added;
    }
    return {};
}

void Upkeep::complain(const base::Error& error) {
    services_.log.warning("members.not_written", error.text(), {{"code", error.code}});
}

}  // namespace gatehouse::clean
