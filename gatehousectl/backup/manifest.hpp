// The first and the last entry of a backup, as JSON. Pure, but for `manifest_of_now`; any thread.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl::backup {

struct Manifest {
    std::string made;         ///< RFC 3339, UTC
    std::string host;         ///< name of the box
    std::string version;      ///< of Gatehouse
    std::int64_t schema = 0;  ///< last step of records/migrations
    bool samples = false;
    friend bool operator==(const Manifest&, const Manifest&) = default;
};

struct Totals {
    std::uint64_t entries = 0;  ///< before this one
    std::uint64_t samples = 0;
    friend bool operator==(const Totals&, const Totals&) = default;
};

[[nodiscard]] std::string text_of(const Manifest& manifest);
[[nodiscard]] std::string text_of(const Totals& totals);

/// Errors: input/backup_damaged; `file` is what it calls the backup.
[[nodiscard]] base::Result<Manifest> read_manifest(std::string_view text, const std::string& file);
[[nodiscard]] base::Result<Totals> read_totals(std::string_view text, const std::string& file);

/// Now and here.
[[nodiscard]] Manifest manifest_of_now();

}  // namespace gatehouse::gatehousectl::backup
