// The comparison of the store with the database, once after the start: files that no row refers to, and rows without
// their file, are reported; nothing is removed or changed. By the way the store's bytes are counted. A shelf at a time,
// so that neither is kept from its work. On the control executor.
#pragma once

#include "server/samples/storage.hpp"

#include <boost/asio/awaitable.hpp>

namespace gatehouse::samples {

/// Logs what it found: samples.compared, samples.unknown for files that the database does not know, sample.missing for
/// those that are not there.
[[nodiscard]] boost::asio::awaitable<base::Result<void>> compare_samples(const Storage& storage);

}  // namespace gatehouse::samples
