// What the rooms that keep samples and let them go work with: references to what the depot owns or was given, which
// outlives them. What is behind them says from which thread it is used; the members themselves any thread reads.
#pragma once

#include "base/log.hpp"
#include "config/settings.hpp"
#include "server/archive/archive.hpp"
#include "server/archive/audit_trail.hpp"
#include "server/archive/refusals.hpp"
#include "server/net/pool.hpp"
#include "server/samples/sample_store.hpp"

#include <filesystem>
#include <functional>

namespace gatehouse::samples {

struct Storage {
    base::Log& log;
    /// Null, this or the store: it could not be opened; then nothing is asked that works with it.
    archive::Archive* archive;
    SampleStore* store;
    std::filesystem::path folder;                      ///< of the store
    net::Pool& writing;                                ///< of uploads: hashing, writing, fsync
    archive::Refusals& refusals;                       ///< of submissions
    std::function<config::SampleSettings()> settings;  ///< any thread
};

/// How submissions that are refused are recorded.
inline constexpr archive::RefusalKind sample_refusals{"sample.refused", "clean"};

}  // namespace gatehouse::samples
