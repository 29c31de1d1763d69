#include "server/archive/audit_trail.hpp"

#include "base/broken_promise.hpp"
#include "server/http/response.hpp"

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace gatehouse::archive {

namespace {

records::Via via_of(const http::Request& request) {
    if (!request.caller) return records::Via::session;  // somebody who tried to sign in
    if (request.caller->means == http::by_token) return records::Via::token;
    return request.caller->means == http::by_console ? records::Via::console : records::Via::session;
}

void complain(base::Log& log, const std::string& action, const base::Error& error) {
    log.error("audit.failed", action + " was not recorded. " + error.text(),
              {{"code", error.code}, {"action", action}});
}

records::AuditEntry entry_of(Note note) {
    records::AuditEntry entry;
    entry.actor = std::move(note.actor);
    entry.action = std::move(note.action);
    entry.object = std::move(note.object);
    entry.refusal = std::move(note.refusal);
    entry.detail = std::move(note.detail);
    return entry;
}

records::AuditEntry entry_of(const Refused& refused, const RefusalKind& kind) {
    const bool of_one = !refused.name.empty();
    // A JSON object of our own making, or nothing.
    auto detail = nlohmann::json::parse(refused.detail, nullptr, false);
    if (!detail.is_object()) detail = nlohmann::json::object();
    detail["count"] = refused.count;
    detail["interface"] = kind.interface;
    return {.actor = of_one ? refused.name : "system",
            .via = of_one ? refused.via : records::Via::system,
            .address = refused.address,
            .action = refused.action.empty() ? std::string(kind.action) : refused.action,
            .object = kind.of_object ? refused.name : refused.object,
            .refusal = refused.code,
            .detail = detail.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

boost::asio::awaitable<void> write(AuditTrail trail, records::AuditEntry entry) {
    if (trail.archive == nullptr) {
        trail.log.info("audit.unrecorded", entry.action + " by " + entry.actor + ", without a database.",
                       {{"action", entry.action}, {"object", entry.object}, {"code", entry.refusal}});
        co_return;
    }
    const auto written = co_await trail.archive->run(
        [&](records::Database& database) { return records::Audit(database).add(entry, records::now()); },
        net::Queueing::always);  // it was done: the record follows however much waits
    if (!written) complain(trail.log, entry.action, written.error());
}

}  // namespace

boost::asio::awaitable<void> note(AuditTrail trail, const http::Request& request, Note given) {
    const auto via = given.via;
    records::AuditEntry entry = entry_of(std::move(given));
    if (entry.actor.empty() && request.caller) entry.actor = request.caller->name;
    entry.via = via.value_or(via_of(request));
    if (entry.via != records::Via::console) entry.address = request.peer.text();
    co_await write(trail, std::move(entry));
}

void log_failure(base::Log& log, std::string_view action, const base::Error& error) {
    constexpr unsigned first_of_ours = 500;
    if (http::status_of(error) < first_of_ours || error.code == "busy") return;
    log.error("request.failed", std::string(action) + " failed. " + error.text(),
              {{"code", error.code}, {"action", std::string(action)}});
}

void record_own(AuditTrail trail, const boost::asio::any_io_executor& executor, Note given) {
    records::AuditEntry entry = entry_of(std::move(given));
    entry.actor = "system";
    entry.via = records::Via::system;
    auto written = [&log = trail.log, action = entry.action](const std::exception_ptr& thrown,
                                                             base::Result<void> result) {
        if (thrown) result = base::fail(base::broken_promise(thrown));
        if (!result) complain(log, action, result.error());
    };
    auto work = [entry = std::move(entry)](records::Database& database) {
        return records::Audit(database).add(entry, records::now());
    };
    boost::asio::co_spawn(executor, trail.archive->run(std::move(work), net::Queueing::always), std::move(written));
}

boost::asio::awaitable<void> note_refusal(AuditTrail trail, Refusals& refusals, const http::Request& request,
                                          RefusalKind kind, Refused refused) {
    refused.network = request.peer.network().text();
    refused.address = request.peer.text();
    const auto due = refusals.add(std::move(refused), std::chrono::steady_clock::now());
    if (due) co_await write(trail, entry_of(*due, kind));
}

base::Error too_many_changes() {
    return {base::ErrorKind::unavailable, "too_many_changes", "These are too many changes in too short a time.",
            "Wait a second before each of the next."};
}

bool in_pace(const Bounds& bounds, const http::Request& request, const Note& entry) {
    const auto via = records::name(entry.via.value_or(via_of(request)));
    return bounds.pace.take(std::string(via) + " " + entry.actor, std::chrono::steady_clock::now());
}

boost::asio::awaitable<void> note_bounded(AuditTrail trail, const http::Request& request, Note entry, Bounds bounds) {
    Refused refused{.name = std::move(entry.actor),
                    .address = request.peer.text(),
                    .code = std::move(entry.refusal),
                    .via = entry.via.value_or(via_of(request)),
                    .action = std::move(entry.action),
                    .object = std::move(entry.object),
                    .detail = std::move(entry.detail)};
    const auto due = bounds.refusals.add(std::move(refused), std::chrono::steady_clock::now());
    if (due) co_await write(trail, entry_of(*due, bounds.kind));
}

void record_refusals(base::Log& log, records::Database& database, const std::vector<Refused>& refused,
                     const RefusalKind& kind) {
    for (const Refused& one : refused) {
        const auto entry = entry_of(one, kind);
        if (const auto added = records::Audit(database).add(entry, records::now()); !added)
            complain(log, entry.action, added.error());
    }
}

}  // namespace gatehouse::archive
