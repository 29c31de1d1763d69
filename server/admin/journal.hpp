// Audit records of the admin door (http/journal) with what its rooms have at hand: who did what, from where, with what
// result. For handlers on their workers' threads, and for the control thread.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/journal.hpp"

#include <utility>

namespace gatehouse::admin {

using http::Note;

/// How refused sign-ins are recorded.
inline constexpr http::RefusalKind session_refusals{"session.refused", "admin"};

[[nodiscard]] inline http::Book book_of(const Services& services) {
    return {services.log, services.archive};
}

/// Records it. A record that can't be written is logged and stops nothing that was done already.
[[nodiscard]] inline boost::asio::awaitable<void> note(const Services& services, const http::Request& request,
                                                       Note entry) {
    return http::note(book_of(services), request, std::move(entry));
}

/// The same for what no request asked for: files, a signal or the clock brought it about. Written in the background,
/// by `executor`, which must outlive the archive. Not called without an archive.
inline void record_own(const Services& services, const boost::asio::any_io_executor& executor, Note entry) {
    http::record_own(book_of(services), executor, std::move(entry));
}

/// Logs an error whose answer tells its code alone (5xx), so that the log says why.
inline void log_failure(const Services& services, std::string_view action, const base::Error& error) {
    http::log_failure(services.log, action, error);
}

/// Awaits `operation` and records how it went: an error is the entry's refusal. The way for all that is changed, since
/// nobody forgets to record what was refused.
template <class T>
[[nodiscard]] boost::asio::awaitable<base::Result<T>> audited(const Services& services, const http::Request& request,
                                                              Note entry,
                                                              boost::asio::awaitable<base::Result<T>> operation) {
    return http::audited(book_of(services), request, std::move(entry), std::move(operation));
}

}  // namespace gatehouse::admin
