// Audit records of the admin door (archive/audit_trail) with what its rooms have at hand: who did what, from where,
// with what result. For handlers on their workers' threads, and for the control thread.
#pragma once

#include "server/admin/services.hpp"
#include "server/archive/audit_trail.hpp"

#include <optional>
#include <utility>

namespace gatehouse::admin {

using archive::Note;

/// How refused sign-ins are recorded.
inline constexpr archive::RefusalKind session_refusals{"session.refused", "admin"};
/// And what who only reads is refused.
inline constexpr archive::RefusalKind change_refusals{"change.refused", "admin"};

[[nodiscard]] inline archive::AuditTrail trail_of(const Services& services) {
    return {services.log, services.archive};
}

/// Records it. A record that can't be written is logged and stops nothing that was done already.
[[nodiscard]] inline boost::asio::awaitable<void> note(const Services& services, const http::Request& request,
                                                       Note entry) {
    return archive::note(trail_of(services), request, std::move(entry));
}

/// The same for what no request asked for: files, a signal or the clock brought it about. Written in the background,
/// by `executor`, which must outlive the archive. Not called without an archive.
inline void record_own(const Services& services, const boost::asio::any_io_executor& executor, Note entry) {
    archive::record_own(trail_of(services), executor, std::move(entry));
}

/// Logs an error whose answer tells its code alone (5xx), so that the log says why.
inline void log_failure(const Services& services, std::string_view action, const base::Error& error) {
    archive::log_failure(services.log, action, error);
}

/// What bounds the records of who only reads; nullopt: nothing, they operate the box.
[[nodiscard]] inline std::optional<archive::Bounds> bounds_of(const Services& services, const http::Request& request) {
    if (!request.caller || request.caller->rights != http::Access::read) return std::nullopt;
    return archive::Bounds{services.change_pace, services.change_refusals, change_refusals};
}

/// Awaits `operation` and records how it went: an error is the entry's refusal. The way for all that is changed, since
/// nobody forgets to record what was refused. Bounded for who only reads.
template <class T>
[[nodiscard]] boost::asio::awaitable<base::Result<T>> audited(const Services& services, const http::Request& request,
                                                              Note entry,
                                                              boost::asio::awaitable<base::Result<T>> operation) {
    return archive::audited(trail_of(services), request, std::move(entry), std::move(operation),
                            bounds_of(services, request));
}

}  // namespace gatehouse::admin
