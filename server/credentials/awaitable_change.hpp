// Credentials::change and settle for coroutines: awaited on a connection's thread, done on the credentials thread.
#pragma once

#include "server/credentials/credentials.hpp"

#include <boost/asio/awaitable.hpp>

namespace gatehouse::credentials {

/// What became of the change; resumes on the caller's executor, which must outlive the wait.
[[nodiscard]] boost::asio::awaitable<Changed> await_change(Credentials& credentials, config::Interface interface,
                                                           Change change);
/// What became of the request, likewise.
[[nodiscard]] boost::asio::awaitable<base::Result<void>> await_settled(Credentials& credentials,
                                                                       config::Interface interface, RequestChange wish);

}  // namespace gatehouse::credentials
