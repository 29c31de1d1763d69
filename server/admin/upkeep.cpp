#include "server/admin/upkeep.hpp"

#include "base/broken_promise.hpp"
#include "records/audit.hpp"
#include "records/sessions.hpp"

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

constexpr std::chrono::seconds between_tidyings{30};

}  // namespace

Upkeep::Upkeep(const boost::asio::any_io_executor& executor, base::Log& log, net::Archive& archive,
               Identities& identities, Refusals& refusals)
    : log_(log), archive_(archive), identities_(identities), refusals_(refusals), timer_(executor) {
    now_and_then();
}

void Upkeep::now_and_then() {
    timer_.expires_after(between_tidyings);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        auto work = [this](records::Database& database) {
            record(database, refusals_.due(std::chrono::steady_clock::now()));
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
    record(database, refusals_.rest());
    if (const auto tidied = tidy(database); !tidied) complain(tidied.error());
}

base::Result<void> Upkeep::tidy(records::Database& database) {
    if (auto kept = identities_.keep_up(database); !kept) return kept;
    // Only now: one that is in use, but is not written down as seen, would count as idle.
    const auto expired = records::Sessions(database).expire(records::now());
    if (!expired) return base::fail(expired.error());
    return {};
}

void Upkeep::record(records::Database& database, const std::vector<Refused>& refused) {
    for (const Refused& one : refused) {
        const bool of_one = !one.name.empty();
        const records::AuditEntry entry{.actor = of_one ? one.name : "system",
                                        .via = of_one ? records::Via::session : records::Via::system,
                                        .address = one.address,
                                        .action = "session.refused",
                                        .object = {},
                                        .refusal = one.code,
                                        .detail = nlohmann::json{{"count", one.count}}.dump()};
        if (const auto added = records::Audit(database).add(entry, records::now()); !added) {
            log_.error("audit.failed", "session.refused was not recorded. " + added.error().text(),
                       {{"code", added.error().code}, {"action", "session.refused"}});
        }
    }
}

void Upkeep::complain(const base::Error& error) {
    log_.warning("sessions.not_written", error.text(), {{"code", error.code}});
}

}  // namespace gatehouse::admin
