// The key that operators' second factors are sealed with: STATE/vault/second-factors.key (0600), made once
// (config/box_key). Blocking; the control thread, at start.
#pragma once

#include "base/files.hpp"
#include "base/secret.hpp"
#include "records/database.hpp"

#include <filesystem>
#include <optional>

namespace gatehouse::admin {

struct FactorKey {
    base::Secret key;  ///< never empty
    /// Why nothing that is sealed with it can be opened or would last: the key is one of the moment. nullopt: it is
    /// well.
    std::optional<base::Error> trouble;
};

/// Reads the key, or makes one where there is none and no operator has a second factor. Troubles:
/// unavailable/second_factor_locked (the key is missing, or is none), those of reading and writing files and of the
/// database.
[[nodiscard]] FactorKey factor_key(base::FileSystem& files, const std::filesystem::path& state_directory,
                                   records::Database& database);

}  // namespace gatehouse::admin
