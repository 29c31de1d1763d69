// API keys of users: one each, stored as a keyed digest to find it by (records/keyed_digest) and sealed to show it
// again to its owner. Used like the Database it was given: by one thread at a time; blocking. Requests are checked
// against a snapshot: see records/users.
#pragma once

#include "base/secret.hpp"
#include "records/keyed_digest.hpp"
#include "records/users.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// A key as requests are checked against it.
struct LiveKey {
    Digest digest{};
    User who;  ///< de-activated ones too: ask is_let_in
};

/// Characters of an issued key, and the fewest and most that one brought from elsewhere may have.
inline constexpr std::size_t issued_key_length = 26;
inline constexpr std::size_t shortest_key = 20;
inline constexpr std::size_t longest_key = 64;

/// Whether a key brought from elsewhere may be kept: 20 to 64 of A-Z a-z 0-9. Errors: input/api_key_invalid; the
/// message does not hold the key.
[[nodiscard]] base::Result<void> check_api_key(std::string_view key);

/// Errors of all: those of Database.
class ApiKeys {
public:
    /// `box_key`: see KeyedDigests.
    ApiKeys(Database& database, const base::Secret& box_key);

    /// Makes a new key of 26 characters of a-z 0-9; the former one is worth nothing from now on. Errors:
    /// not_found/no_user.
    [[nodiscard]] base::Result<base::Secret> regenerate(std::int64_t user_id, Time now);
    /// Keeps this key for the user, in place of a former one. Case counts. Errors: input/api_key_invalid,
    /// conflict/api_key_exists (another user has it), not_found/no_user.
    [[nodiscard]] base::Result<void> keep(std::int64_t user_id, std::string_view key, Time now);
    /// The key, for its owner's eyes; nullopt: there is none. Errors: crypto/sealed_damaged (changed, or sealed with
    /// another box key: regenerating mends it).
    [[nodiscard]] base::Result<std::optional<base::Secret>> show(std::int64_t user_id);
    /// All.
    [[nodiscard]] base::Result<std::vector<LiveKey>> live();

private:
    Database* database_;
    KeyedDigests digests_;
    base::Secret sealing_key_;
};

/// Stores a user and issues its API key: both or nothing. Errors: those of Users::make.
[[nodiscard]] base::Result<User> make_user(Database& database, const base::Secret& box_key, const NewUser& fresh,
                                           Time now);

}  // namespace gatehouse::records
