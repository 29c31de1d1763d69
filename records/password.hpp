// Passwords: the rules, argon2id, and random ones. Pure, without the database, because hashing takes some 25 ms of CPU
// and 19 MiB and so belongs on a thread of its own; bound how many run at once. Any thread.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::records {

/// Characters (not bytes) that a new password has at least, and bytes it has at most.
inline constexpr std::size_t shortest_password = 10;
inline constexpr std::size_t longest_password = 1024;

/// Passwords that one door hashes at a time, and that wait for it; what comes beyond those is turned away.
inline constexpr std::size_t most_hashes_at_once = 2;
inline constexpr std::size_t most_waiting_hashes = 200;

/// Whether `password` may become the password of the operator `name`. Errors: input/password_short, password_long,
/// password_is_name (in whatever case).
[[nodiscard]] base::Result<void> check_password(std::string_view name, const base::Secret& password);

/// argon2id with 19 MiB and 2 passes, as the text $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH. Errors:
/// unavailable/out_of_memory.
[[nodiscard]] base::Result<std::string> hash_password(const base::Secret& password);

/// Whether the hash was made of this password. What is no hash matches nothing; nor does anything while memory is
/// short.
[[nodiscard]] bool verify_password(const std::string& hash, const base::Secret& password);

/// A hash that no password matches and that costs what a real one costs: verify against it where there is no such name,
/// so that the time does not tell.
[[nodiscard]] const std::string& decoy_hash();

/// 20 random characters without those that look alike (0 O o, 1 l I i): 115 bits.
[[nodiscard]] base::Secret random_password();

}  // namespace gatehouse::records
