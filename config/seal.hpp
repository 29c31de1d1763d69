// Sealing: bytes made unreadable and bound to the place they are kept at (XChaCha20-Poly1305). Pure; any thread.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

/// A key to seal with has so many bytes.
inline constexpr std::size_t seal_key_size = 32;

/// A new one, of random bytes.
[[nodiscard]] base::Secret random_seal_key();

/// A random nonce and the sealed bytes in one. Only the same `label` (the place) and `key` open it again.
[[nodiscard]] std::string seal(std::string_view plain, std::string_view label, const base::Secret& key);

/// What was sealed; nullopt where the bytes were changed, or sealed for another place or with another key.
[[nodiscard]] std::optional<base::Secret> unseal(std::string_view sealed, std::string_view label,
                                                 const base::Secret& key);

/// A main key of any text that is hard to guess.
[[nodiscard]] base::Secret main_key_of(std::string_view bytes);

/// A key of its own for each purpose. `context` has 8 characters; neither it nor `number` is secret.
[[nodiscard]] base::Secret derived_key(const base::Secret& main_key, std::uint64_t number, const char (&context)[9]);

}  // namespace gatehouse::config
