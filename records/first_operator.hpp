// The first operator of a box: "admin" with a random password, which stands in STATE/initial-password until it is
// changed. Blocking; at start on the control thread, on the archive's after each change of a password or an operator.
#pragma once

#include "base/files.hpp"
#include "base/secret.hpp"
#include "records/database.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace gatehouse::records {

struct FirstOperator {
    std::string name;
    base::Secret password;
};

/// Makes the first operator where none has the role `operate`: "admin", or "admin2" and so on where that name is taken.
/// The file (0600, the password and a line end) is durable before the operator is, so that a crash in between locks
/// nobody out. nullopt: there was nothing to make.
[[nodiscard]] base::Result<std::optional<FirstOperator>> make_first_operator(
    Database& database, base::FileSystem& files, const std::filesystem::path& state_directory, Time now);

/// Shreds STATE/initial-password where nobody has that password any more. Nothing to do is no error.
[[nodiscard]] base::Result<void> settle_first_operator(Database& database, base::FileSystem& files,
                                                       const std::filesystem::path& state_directory);

}  // namespace gatehouse::records
