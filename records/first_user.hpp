// The first user of a box: "admin" of the default organization, with a random password, which stands in
// STATE/initial-password-clean until it is changed. Blocking; at start on the control thread, on the archive's after
// each change of a password or a user, and on the credentials thread for a one-time file.
#pragma once

#include "base/files.hpp"
#include "base/secret.hpp"
#include "records/database.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::records {

struct FirstUser {
    std::string login;
    base::Secret password;
};

/// What the default organization is called where nothing else is said.
inline constexpr std::string_view default_organization_name = "default";

/// The organization that users belong to where none is named: the oldest that was not made for a device; made under
/// `name` (or "NAME2" and so on, where a device has it) where there is none. Its id.
[[nodiscard]] base::Result<std::int64_t> default_organization(Database& database, std::string_view name, Time now);

/// Makes the first user where none has the role `admin`: "admin", or "admin2" and so on where that login is taken, with
/// an API key. `box_key`: see KeyedDigests. The file (0600, the password and a line end) is durable before the user is,
/// so that a crash in between locks nobody out. nullopt: there was nothing to make.
[[nodiscard]] base::Result<std::optional<FirstUser>> make_first_user(
    Database& database, base::FileSystem& files, const std::filesystem::path& state_directory,
    const base::Secret& box_key, Time now, std::string_view organization = default_organization_name);

/// Shreds STATE/initial-password-clean where nobody has that password any more. Nothing to do is no error.
[[nodiscard]] base::Result<void> settle_first_user(Database& database, base::FileSystem& files,
                                                   const std::filesystem::path& state_directory);

}  // namespace gatehouse::records
