// The audit trail of both doors: who did what, from where, with what result. For handlers on their workers' threads,
// and for the control thread; the record is written by the archive's. Without an archive (null) what happened stands in
// the log.
#pragma once

#include "base/log.hpp"
#include "records/audit.hpp"
#include "server/archive/archive.hpp"
#include "server/archive/refusals.hpp"
#include "server/http/request.hpp"
#include "server/net/pace.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::archive {

struct Note {
    std::string action{};               ///< "certificate.uploaded"
    std::string object{};               ///< what it was done to
    std::string actor{};                ///< empty: the caller
    std::string refusal{};              ///< the code of what refused it; empty: it was done
    std::string detail = "{}";          ///< a JSON object: fingerprints before and after, the change's id
    std::optional<records::Via> via{};  ///< how the actor came; nullopt: as the caller's means say
};

/// Where notes become records; both outlive every use.
struct AuditTrail {
    base::Log& log;
    Archive* archive = nullptr;
};

/// Records it. A record that can't be written is logged and stops nothing that was done already.
[[nodiscard]] boost::asio::awaitable<void> note(AuditTrail trail, const http::Request& request, Note entry);

/// The same for what no request asked for: files, a signal or the clock brought it about. Written in the background,
/// by `executor`, which must outlive the archive. Not called without an archive.
void record_own(AuditTrail trail, const boost::asio::any_io_executor& executor, Note entry);

/// Refusals that are folded together in one Refusals, and how they are recorded.
struct RefusalKind {
    std::string_view action;     ///< what was refused: "session.refused"
    std::string_view interface;  ///< the door's name
    bool of_object = false;      ///< the name is what it is about, too: a device
};

/// Counts a refusal, and records it, with those folded before, where it is due. Where it came from is what the request
/// says.
[[nodiscard]] boost::asio::awaitable<void> note_refusal(AuditTrail trail, Refusals& refusals,
                                                        const http::Request& request, RefusalKind kind,
                                                        Refused refused);
/// Records what was folded, on the archive's thread.
void record_refusals(base::Log& log, records::Database& database, const std::vector<Refused>& refused,
                     const RefusalKind& kind);

/// Logs an error whose answer tells its code alone (5xx), so that the log says why. That there is too much to do, which
/// the answer says, is none: those who bring it about would fill the log too.
void log_failure(base::Log& log, std::string_view action, const base::Error& error);

/// How much of what one account does gets a record, where it is none that administers the box: the audit keeps all for
/// ever, and whoever has any account could fill the disk with it. Owned by the whole of a door; both outlive every use.
struct Bounds {
    net::Pace& pace;     ///< of what is changed, or tried to be
    Refusals& refusals;  ///< of it, folded by account and action
    RefusalKind kind;    ///< of those that found no room of their own
};

/// unavailable/too_many_changes, which is told as 429.
[[nodiscard]] base::Error too_many_changes();
/// Whether this may be begun now; then it counts. Who came by a session and who by a key have a share each: a key that
/// was stolen hinders nobody from replacing it.
[[nodiscard]] bool in_pace(const Bounds& bounds, const http::Request& request, const Note& entry);
/// Records what an account was refused, folded with more of the same.
[[nodiscard]] boost::asio::awaitable<void> note_bounded(AuditTrail trail, const http::Request& request, Note entry,
                                                        Bounds bounds);

/// Awaits `operation` and records how it went: an error is the entry's refusal. The way for all that is changed, since
/// nobody forgets to record what was refused. With bounds nothing is begun beyond the account's pace
/// (unavailable/too_many_changes), and refusals are folded.
template <class T>
[[nodiscard]] boost::asio::awaitable<base::Result<T>> audited(AuditTrail trail, const http::Request& request,
                                                              Note entry,
                                                              boost::asio::awaitable<base::Result<T>> operation,
                                                              std::optional<Bounds> bounds = std::nullopt) {
    if (entry.actor.empty() && request.caller) entry.actor = request.caller->name;
    base::Result<T> result = base::fail(too_many_changes());
    if (!bounds || in_pace(*bounds, request, entry)) result = co_await std::move(operation);
    if (!result) {
        log_failure(trail.log, entry.action, result.error());
        entry.refusal = result.error().code;
    }
    if (!result && bounds) {
        co_await note_bounded(trail, request, std::move(entry), *bounds);
    } else {
        co_await note(trail, request, std::move(entry));
    }
    co_return result;
}

}  // namespace gatehouse::archive
