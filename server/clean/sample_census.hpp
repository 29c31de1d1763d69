// The comparison of the store with the database, at the start: files that no row refers to go, rows without their file
// are reported. A shelf at a time, so that neither is kept from its work. On the control executor.
#pragma once

#include "server/clean/sample_services.hpp"

#include <boost/asio/awaitable.hpp>

namespace gatehouse::clean {

/// Logs what it found: samples.compared, and sample.missing for files that are not there.
[[nodiscard]] boost::asio::awaitable<base::Result<void>> compare_samples(const SampleServices& samples);

}  // namespace gatehouse::clean
