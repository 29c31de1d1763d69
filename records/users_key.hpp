// The key of the users' side: API keys and devices' secrets are digested, API keys and the passwords of disposition
// services sealed, with keys derived from it (the "box key" of records/api_keys, devices, first_user and
// disposition_services). STATE/vault/users.key (0600), made once. Blocking; at start on the control thread, on the
// credentials thread when a one-time file brings users.
#pragma once

#include "base/files.hpp"
#include "base/secret.hpp"
#include "records/database.hpp"

#include <filesystem>
#include <optional>

namespace gatehouse::records {

struct UsersKey {
    base::Secret key;  ///< never empty
    /// Why nothing that was made with it can be recognised or would last: the key is one of the moment. nullopt: it is
    /// well.
    std::optional<base::Error> trouble;
};

/// Reads the key, or makes one where there is none and nothing that was made with it either. Several connections may
/// ask at the same moment: all get the same. Troubles: unavailable/users_key_locked (the key is missing, or is none),
/// those of reading and writing files and of the database.
[[nodiscard]] UsersKey users_key(base::FileSystem& files, const std::filesystem::path& state_directory,
                                 Database& database);

}  // namespace gatehouse::records
