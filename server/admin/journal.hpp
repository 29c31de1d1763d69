// Audit records of the admin door: who did what, from where, with what result. For handlers on their workers' threads,
// and for the control thread; the record is written by the archive's.
#pragma once

#include "server/admin/services.hpp"
#include "server/http/request.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::admin {

struct Note {
    std::string action{};       ///< "certificate.uploaded"
    std::string object{};       ///< what it was done to
    std::string actor{};        ///< empty: the caller
    std::string refusal{};      ///< the code of what refused it; empty: it was done
    std::string detail = "{}";  ///< a JSON object: fingerprints before and after, the change's id
};

/// Records it. A record that can't be written is logged and stops nothing that was done already.
[[nodiscard]] boost::asio::awaitable<void> note(const Services& services, const http::Request& request, Note entry);

/// The same for what no request asked for: files, a signal or the clock brought it about. Written in the background,
/// by `executor`, which must outlive the archive. Not called without an archive.
void record_own(const Services& services, const boost::asio::any_io_executor& executor, Note entry);

/// Logs an error whose answer tells its code alone (5xx), so that the log says why.
void log_failure(const Services& services, std::string_view action, const base::Error& error);

/// Awaits `operation` and records how it went: an error is the entry's refusal. The way for all that is changed, since
/// nobody forgets to record what was refused.
template <class T>
[[nodiscard]] boost::asio::awaitable<base::Result<T>> audited(const Services& services, const http::Request& request,
                                                              Note entry,
                                                              boost::asio::awaitable<base::Result<T>> operation) {
    auto result = co_await std::move(operation);
    if (!result) {
        log_failure(services, entry.action, result.error());
        entry.refusal = result.error().code;
    }
    co_await note(services, request, std::move(entry));
    co_return result;
}

}  // namespace gatehouse::admin
