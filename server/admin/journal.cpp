#include "server/admin/journal.hpp"

#include "records/audit.hpp"

#include <utility>

namespace gatehouse::admin {

namespace {

records::Via via_of(const http::Request& request) {
    if (!request.caller) return records::Via::session;  // somebody who tried to sign in
    if (request.caller->means == by_token) return records::Via::token;
    return request.caller->means == by_console ? records::Via::console : records::Via::session;
}

}  // namespace

boost::asio::awaitable<void> note(const Services& services, const http::Request& request, Note entry) {
    records::AuditEntry record;
    record.actor = std::move(entry.actor);
    if (record.actor.empty() && request.caller) record.actor = request.caller->name;
    record.via = via_of(request);
    if (record.via != records::Via::console) record.address = request.peer.text();
    record.action = std::move(entry.action);
    record.object = std::move(entry.object);
    record.refusal = std::move(entry.refusal);
    record.detail = std::move(entry.detail);
    if (services.archive == nullptr) {
        services.log.info("audit.unrecorded", record.action + " by " + record.actor + ", without a database.",
                          {{"action", record.action}, {"object", record.object}, {"code", record.refusal}});
        co_return;
    }
    const auto written = co_await services.archive->run(
        [&](records::Database& database) { return records::Audit(database).add(record, records::now()); });
    if (!written) {
        services.log.error("audit.failed", record.action + " was not recorded. " + written.error().text(),
                           {{"code", written.error().code}, {"action", record.action}});
    }
}

}  // namespace gatehouse::admin
