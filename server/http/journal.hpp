// Audit records of the doors: who did what, from where, with what result. For handlers on their workers' threads, and
// for the control thread; the record is written by the archive's. Without an archive (null) what happened stands in the
// log.
#pragma once

#include "base/log.hpp"
#include "records/audit.hpp"
#include "server/http/request.hpp"
#include "server/net/archive.hpp"
#include "server/net/refusals.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

struct Note {
    std::string action{};               ///< "certificate.uploaded"
    std::string object{};               ///< what it was done to
    std::string actor{};                ///< empty: the caller
    std::string refusal{};              ///< the code of what refused it; empty: it was done
    std::string detail = "{}";          ///< a JSON object: fingerprints before and after, the change's id
    std::optional<records::Via> via{};  ///< how the actor came; nullopt: as the caller's means say
};

/// What records are written with; both outlive every use.
struct Book {
    base::Log& log;
    net::Archive* archive = nullptr;
};

/// Records it. A record that can't be written is logged and stops nothing that was done already.
[[nodiscard]] boost::asio::awaitable<void> note(Book book, const Request& request, Note entry);

/// The same for what no request asked for: files, a signal or the clock brought it about. Written in the background,
/// by `executor`, which must outlive the archive. Not called without an archive.
void record_own(Book book, const boost::asio::any_io_executor& executor, Note entry);

/// Refusals that are folded together in one net::Refusals, and how they are recorded.
struct RefusalKind {
    std::string_view action;     ///< what was refused: "session.refused"
    std::string_view interface;  ///< the door's name
    bool of_object = false;      ///< the name is what it is about, too: a device
};

/// Counts a refusal, and records it, with those folded before, where it is due. Where it came from is what the request
/// says.
[[nodiscard]] boost::asio::awaitable<void> note_refusal(Book book, net::Refusals& refusals, const Request& request,
                                                        RefusalKind kind, net::Refused refused);
/// Records what was folded, on the archive's thread.
void record_refusals(base::Log& log, records::Database& database, const std::vector<net::Refused>& refused,
                     const RefusalKind& kind);

/// Logs an error whose answer tells its code alone (5xx), so that the log says why.
void log_failure(base::Log& log, std::string_view action, const base::Error& error);

/// Awaits `operation` and records how it went: an error is the entry's refusal. The way for all that is changed, since
/// nobody forgets to record what was refused.
template <class T>
[[nodiscard]] boost::asio::awaitable<base::Result<T>> audited(Book book, const Request& request, Note entry,
                                                              boost::asio::awaitable<base::Result<T>> operation) {
    auto result = co_await std::move(operation);
    if (!result) {
        log_failure(book.log, entry.action, result.error());
        entry.refusal = result.error().code;
    }
    co_await note(book, request, std::move(entry));
    co_return result;
}

}  // namespace gatehouse::http
