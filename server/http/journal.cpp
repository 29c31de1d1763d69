#include "server/http/journal.hpp"

#include "base/broken_promise.hpp"
#include "server/http/response.hpp"

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace gatehouse::http {

namespace {

records::Via via_of(const Request& request) {
    if (!request.caller) return records::Via::session;  // somebody who tried to sign in
    if (request.caller->means == by_token) return records::Via::token;
    return request.caller->means == by_console ? records::Via::console : records::Via::session;
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

records::AuditEntry entry_of(const net::Refused& refused, const RefusalKind& kind) {
    const bool of_one = !refused.name.empty();
    return {.actor = of_one ? refused.name : "system",
            .via = of_one ? refused.via : records::Via::system,
            .address = refused.address,
            .action = std::string(kind.action),
            .object = kind.of_object ? refused.name : std::string(),
            .refusal = refused.code,
            .detail = nlohmann::json{{"count", refused.count}, {"interface", kind.interface}}.dump()};
}

boost::asio::awaitable<void> write(Book book, records::AuditEntry entry) {
    if (book.archive == nullptr) {
        book.log.info("audit.unrecorded", entry.action + " by " + entry.actor + ", without a database.",
                      {{"action", entry.action}, {"object", entry.object}, {"code", entry.refusal}});
        co_return;
    }
    const auto written = co_await book.archive->run(
        [&](records::Database& database) { return records::Audit(database).add(entry, records::now()); },
        net::Queueing::always);  // it was done: the record follows however much waits
    if (!written) complain(book.log, entry.action, written.error());
}

}  // namespace

boost::asio::awaitable<void> note(Book book, const Request& request, Note given) {
    const auto via = given.via;
    records::AuditEntry entry = entry_of(std::move(given));
    if (entry.actor.empty() && request.caller) entry.actor = request.caller->name;
    entry.via = via.value_or(via_of(request));
    if (entry.via != records::Via::console) entry.address = request.peer.text();
    co_await write(book, std::move(entry));
}

void log_failure(base::Log& log, std::string_view action, const base::Error& error) {
    constexpr unsigned first_of_ours = 500;
    if (status_of(error) < first_of_ours) return;
    log.error("request.failed", std::string(action) + " failed. " + error.text(),
              {{"code", error.code}, {"action", std::string(action)}});
}

void record_own(Book book, const boost::asio::any_io_executor& executor, Note given) {
    records::AuditEntry entry = entry_of(std::move(given));
    entry.actor = "system";
    entry.via = records::Via::system;
    auto written = [&log = book.log, action = entry.action](const std::exception_ptr& thrown,
                                                            base::Result<void> result) {
        if (thrown) result = base::fail(base::broken_promise(thrown));
        if (!result) complain(log, action, result.error());
    };
    auto work = [entry = std::move(entry)](records::Database& database) {
        return records::Audit(database).add(entry, records::now());
    };
    boost::asio::co_spawn(executor, book.archive->run(std::move(work), net::Queueing::always), std::move(written));
}

boost::asio::awaitable<void> note_refusal(Book book, net::Refusals& refusals, const Request& request, RefusalKind kind,
                                          net::Refused refused) {
    refused.network = request.peer.network().text();
    refused.address = request.peer.text();
    const auto due = refusals.add(std::move(refused), std::chrono::steady_clock::now());
    if (due) co_await write(book, entry_of(*due, kind));
}

void record_refusals(base::Log& log, records::Database& database, const std::vector<net::Refused>& refused,
                     const RefusalKind& kind) {
    for (const net::Refused& one : refused) {
        const auto entry = entry_of(one, kind);
        if (const auto added = records::Audit(database).add(entry, records::now()); !added)
            complain(log, entry.action, added.error());
    }
}

}  // namespace gatehouse::http
